"""Messages and broadcasts in suites: what they become, and what is refused with the field and its bound."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.planning.suite_file import parse_scenarios
from stackduel.planning.websocket_rules import MOST_BYTES

LOAD = {"connections": 2, "duration_s": 1}


def scenario(**fields: Any) -> dict[str, Any]:
    return {"name": "ws", "path": "/ws/echo", "load": LOAD, **fields}


def test_a_message_is_sent_as_it_is() -> None:
    """Its kind, its bytes and the status of a WebSocket; no type of a body, and answers compared byte for byte."""
    [found] = parse_scenarios("suite s", scenario(websocket="text", body='{"a": 1}'), check="content")
    [workload] = found.workloads
    assert (workload.websocket, workload.body, workload.status, workload.check) == ("text", b'{"a": 1}', 101, "body")
    assert workload.headers == ()
    assert workload.label == "WS /ws/echo"


def test_several_messages_share_a_websocket() -> None:
    """Those of one path; each has its own answer."""
    [found] = parse_scenarios("suite s", scenario(websocket="binary", bodies=["a", "b"]))
    assert [each.body for each in found.workloads] == [b"a", b"b"]


def test_a_broadcast_is_a_stream() -> None:
    """Nothing is sent on it."""
    [found] = parse_scenarios("suite s", scenario(stream="websocket"))
    [workload] = found.workloads
    assert (workload.stream, workload.websocket, workload.status, workload.is_websocket) == (
        "websocket",
        None,
        101,
        True,
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"websocket": "json"}, "websocket: must be one of text, binary"),
        ({"websocket": "text", "body": "x", "status": 200}, "status: a WebSocket has none but 101"),
        ({"websocket": "text", "body": "x", "method": "POST"}, "method: a WebSocket has none"),
        ({"websocket": "text", "body": "x", "check": "content"}, "check: of messages one of body, length, status"),
        ({"stream": "websocket", "websocket": "text"}, "stream: of a WebSocket only comes, so nothing is sent on it"),
        ({"stream": "websocket", "body": "x"}, "stream: of a WebSocket only comes, so nothing is sent on it"),
        ({"websocket": "text", "body": "x" * (MOST_BYTES + 1)}, "body"),
        (
            {"websocket": "text", "body": "x", "load": {**LOAD, "first_byte": True}},
            "load: first_byte: not beside websocket",
        ),
        (
            {"path": None, "request": [{"path": "/a", "websocket": "text"}, {"path": "/b", "websocket": "text"}]},
            "websocket: the messages of a load have one path and the same headers",
        ),
        (
            {"path": None, "request": [{"path": "/a", "websocket": "text"}, {"path": "/a"}]},
            "websocket: the messages of a load have one path and the same headers",
        ),
    ],
)
def test_what_no_websocket_has_is_refused(fields: dict[str, Any], told: str) -> None:
    """With the field, and what it may be."""
    table = {name: value for name, value in scenario(**fields).items() if value is not None}
    with pytest.raises(FieldError, match=told):
        parse_scenarios("suite s", table)
