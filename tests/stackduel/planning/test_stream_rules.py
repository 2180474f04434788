"""Streams in suites: what a request and a load may be with them."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning.stream_rules import refuse_streams_of_other_drivers
from stackduel.planning.suite_file import suite_of

LOAD = {"connections": 2, "duration_s": 1.0}


def document(**request: Any) -> dict[str, Any]:
    """A suite with one scenario."""
    return {"summary": "Streams", "scenario": [{"name": "one", "path": "/", "load": LOAD, **request}]}


@pytest.mark.parametrize(("given", "check"), [({}, "body"), ({"check": "length"}, "length")])
def test_a_stream_is_checked_by_its_events(given: dict[str, Any], check: str) -> None:
    """Also where the check of other requests is that of their content."""
    (scenario,) = suite_of("s", document(stream="sse", **given), "content").scenarios
    assert (scenario.workloads[0].stream, scenario.workloads[0].check) == ("sse", check)


def test_the_text_of_a_model_is_not_compared_unless_asked() -> None:
    """It is another one each time; the tokens of a gateway in the sandbox are not."""
    (free, same) = (
        suite_of("s", document(stream="openai", **given)).scenarios[0].workloads[0] for given in ({}, {"check": "body"})
    )
    assert (free.stream, free.check, same.check) == ("openai", "status", "body")


@pytest.mark.parametrize(
    ("request_keys", "told"),
    [
        ({"stream": "ws"}, "stream: must be"),
        ({"stream": "sse", "check": "content"}, "check: of a stream one of body, length, status"),
        ({"stream": "sse", "method": "HEAD"}, "method: the answer to HEAD is no stream"),
        ({"stream": "sse", "load": {**LOAD, "first_byte": True}}, "load: first_byte: not beside stream"),
        ({"stream": "sse", "load": {**LOAD, "server_timing": True}}, "load: server_timing: not beside stream"),
        ({"stream": "sse", "path": "", "model": "own"}, "cannot be combined with model"),
    ],
)
def test_what_no_stream_can_be_is_refused(request_keys: dict[str, Any], told: str) -> None:
    """With the name of the field."""
    with pytest.raises(FieldError, match=told):
        suite_of("s", document(**request_keys))


def test_a_load_has_streams_or_other_requests() -> None:
    """They are read in different ways."""
    mixed = {"summary": "s", "scenario": [{"name": "one", "load": LOAD, "request": [{"path": "/"}, {"path": "/s"}]}]}
    mixed["scenario"][0]["request"][1]["stream"] = "sse"  # type: ignore[index]
    with pytest.raises(FieldError, match="streams or other requests, not both"):
        suite_of("s", mixed)


def test_a_setup_takes_no_stream() -> None:
    """Its values come from whole answers."""
    with pytest.raises(FieldError, match="setup 1: stream: "):
        suite_of("s", {**document(), "setup": {"path": "/login", "stream": "sse"}})


def test_other_drivers_read_no_streams() -> None:
    """That is said before anything is started."""
    suite = suite_of("s", document(stream="sse"))
    refuse_streams_of_other_drivers(RunOptions(suite="s"), suite)
    with pytest.raises(FieldError, match="--driver: only raw"):
        refuse_streams_of_other_drivers(RunOptions(suite="s", driver="aiohttp"), suite)
