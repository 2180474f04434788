"""Where a request's time went."""

from __future__ import annotations

import time

import pytest

from stackduel_servers.core.timing import Timing, current_timing, span


def parts(timing: Timing) -> tuple[float, dict[str, float]]:
    """The headers' numbers: the total and each part, in milliseconds."""
    headers = dict(timing.headers())
    pairs = (part.split(";dur=") for part in headers["Server-Timing"].split(", "))
    return float(headers["X-Process-Time"]), {name: float(value) for name, value in pairs}


def test_the_parts_make_up_the_whole() -> None:
    """Spans of the same name add up, and ``app`` is the rest."""
    timing = Timing()
    token = current_timing.set(timing)
    for _ in range(2):
        with span("io"):
            time.sleep(0.005)
    time.sleep(0.003)
    current_timing.reset(token)
    total_ms, named = parts(timing)
    assert list(named) == ["app", "io"]
    assert named["io"] >= 10
    assert named["app"] >= 3
    assert abs(total_ms - sum(named.values())) < 0.01


def test_without_spans_all_is_the_application() -> None:
    """A request that never waited has one part."""
    total_ms, named = parts(Timing())
    assert named == {"app": total_ms}


def test_outside_a_request_a_span_does_nothing() -> None:
    """Code that is timed in a request also runs without one."""
    with span("io"):
        assert current_timing.get() is None


def test_a_span_that_fails_is_counted() -> None:
    """The time of a failed span counts too."""
    timing = Timing()
    token = current_timing.set(timing)
    with pytest.raises(ZeroDivisionError), span("io"):
        _ = 1 / 0
    current_timing.reset(token)
    assert "io" in timing.spans_s
