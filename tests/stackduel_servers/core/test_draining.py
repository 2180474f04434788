"""The rest of a body after the answer to its request."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest

from stackduel_servers.core import draining
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.draining import drained
from stackduel_servers.core.target import body_refusal, refusal


def post(app: Any, *bodies: bytes, path: str = "/x", **headers: str) -> tuple[list[Any], list[Any]]:
    """The messages sent for a POST with a body in these parts, and the parts left unread."""
    parts = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    parts.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Any] = []

    async def receive() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append((dict(message), len(parts)))

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(AsgiEdge(app)(scope, receive, send))
    return sent, parts


async def refuse(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that answers without reading."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


def test_an_answer_goes_out_before_the_rest_of_the_body_is_read() -> None:
    """The client gets the whole answer while it still sends, and the request ends when it has sent all."""
    sent, left = post(refuse, b"a", b"b")
    assert [(message.get("body"), message.get("more_body"), unread) for message, unread in sent] == [
        (None, None, 3),
        (b"no", True, 3),
        (b"", False, 0),
    ]
    assert left == []


def test_a_body_that_was_read_is_not_waited_for() -> None:
    """An answer to a fully read request ends at once."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await refuse(scope, receive, send)

    sent, _ = post(app, b"a")
    assert [message.get("more_body") for message, _ in sent] == [None, None]


def test_a_framework_that_reads_on_by_itself_is_not_robbed() -> None:
    """A framework that receives in its own task gets its messages, and the edge still sees the end."""

    read_parts: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def read() -> None:
            while (message := await receive()).get("more_body"):
                read_parts.append(message["body"])
                await asyncio.sleep(0)

        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        await refuse(scope, receive, send)
        await reader

    _, left = post(app, b"a", b"b", b"c")
    assert left == []
    assert b"a" in read_parts


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that stops sending does not hold the request forever."""
    monkeypatch.setattr(draining, "DRAIN_S", 0.05)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": []}
    asyncio.run(AsgiEdge(refuse)(scope, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * 2]


def test_a_body_over_the_limit_never_reaches_the_application() -> None:
    """Its declared length is enough to refuse it, only on a model's path."""
    sent, _ = post(refuse, b"a", path="/infer/vad", content_length="50000001")
    assert sent[0][0]["status"] == 413
    assert post(refuse, b"a", path="/other", content_length="50000001")[0][0][0]["status"] == 404


@pytest.mark.parametrize(
    ("path", "length", "refused"),
    [
        ("/infer/x", "50000001", True),
        ("/infer/x", "99999999999999999999", True),
        ("/infer/x", "50000000", False),
        ("/infer/x", "0050000000", False),
        ("/infer/x", None, False),
        ("/infer/x", "", False),
        ("/infer/x", "-1", False),
        ("/infer/x", "\u00b2", False),
        ("/infer/x", "9" * 5000, False),
        ("/infer/x/y", "50000001", False),
    ],
)
def test_lengths_that_are_refused(path: str, length: str | None, *, refused: bool) -> None:
    """An invalid length is left to the server's parser and causes no crash."""
    assert (body_refusal(path, length) is not None) is refused


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/infer/x", "POST"),
        ("HEAD", "/infer/x", "POST"),
        ("OPTIONS", "/infer/x", "POST"),
        ("POST", "/infer/x", None),
        ("GET", "/infer/", None),
        ("GET", "/infer/x/y", None),
        ("GET", "/json", None),
        ("OPTIONS", "*", "GET, HEAD"),
    ],
)
def test_models_are_only_posted_to(method: str, path: str, allow: str | None) -> None:
    """Any other method is 405 for any model, and the answer names POST."""
    error = refusal(method, path)
    assert (dict(error.headers).get("Allow") if error else None) == allow


def test_a_wsgi_answer_is_whole_before_the_body_is_read() -> None:
    """WSGI works the same: first the answer, then the rest of the body; always closed."""
    body = io.BytesIO(bytes(200_000))
    closed = []

    class Answer:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"no"])

        def close(self) -> None:
            closed.append(True)

    answer = drained(Answer(), body)
    assert next(answer) == b"no"
    assert body.tell() == 0
    assert list(answer) == []
    assert body.tell() == 200_000
    assert closed == [True]


def test_a_wsgi_body_that_breaks_off_is_no_error() -> None:
    """A client that leaves does not affect the answer."""

    class Broken:
        def read(self, _size: int) -> bytes:
            raise ConnectionResetError

    assert list(drained([b"no"], Broken())) == [b"no"]
