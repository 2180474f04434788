"""The edge's work on every answer, as its settings say."""

from __future__ import annotations

import logging

import pytest

from stackduel_servers.core.edge_settings import EdgeSettings, read_edge_settings
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.slow_requests import begin_timing, headers_of
from stackduel_servers.core.variables import SettingsError


def test_the_environment_sets_them() -> None:
    """Answers are timed unless that is off; the rest is done only where it is asked for."""
    assert read_edge_settings({}) == EdgeSettings(timed=True, slow_ms=0.0, gzip=False, metrics=False)
    environ = {"TIMING": "off", "SLOW_REQUEST_MS": "0.5", "COMPRESSION": "gzip", "METRICS": "on"}
    assert read_edge_settings(environ) == EdgeSettings(timed=False, slow_ms=0.5, gzip=True, metrics=True)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TIMING", "yes", "TIMING must be one of on, off, not 'yes'"),
        ("SLOW_REQUEST_MS", "-1", "SLOW_REQUEST_MS must be a number from 0 to 600000"),
        ("COMPRESSION", "br", "COMPRESSION must be one of none, gzip, not 'br'"),
        ("METRICS", "yes", "METRICS must be one of on, off, not 'yes'"),
    ],
)
def test_bad_values_end_the_start(name: str, value: str, message: str) -> None:
    """A service's own settings refuse what its edge could not do."""
    with pytest.raises(SettingsError, match=message):
        read_settings({name: value})


@pytest.mark.parametrize(("slow_ms", "lines"), [(0.0, 0), (0.000001, 1), (600_000.0, 0)])
def test_a_slow_request_is_one_line(slow_ms: float, lines: int, caplog: pytest.LogCaptureFixture) -> None:
    """With its method and its path, whose line breaks stay within the line."""
    settings = EdgeSettings(slow_ms=slow_ms)
    with caplog.at_level(logging.WARNING):
        headers = headers_of(begin_timing(settings), settings, "GET", "/a\nb")
    assert [name for name, _ in headers] == ["X-Process-Time", "Server-Timing"]
    assert len(caplog.messages) == lines
    assert all(text.startswith("slow request: GET '/a\\nb' took ") for text in caplog.messages)


def test_without_timing_nothing_is_timed() -> None:
    """No clock is started unless a header or the log needs it, and no header is added."""
    off = EdgeSettings(timed=False)
    assert begin_timing(off) is None
    assert headers_of(None, off, "GET", "/") == []
    logging_only = EdgeSettings(timed=False, slow_ms=1000)
    assert headers_of(begin_timing(logging_only), logging_only, "GET", "/") == []
