"""Compressed answers."""

from __future__ import annotations

import asyncio
import gzip
import io
from typing import Any

import pytest

from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.compression import accepts_gzip, compressed
from stackduel_servers.core.edge_settings import EdgeSettings
from stackduel_servers.core.wsgi import WsgiEdge

COMPRESSING = EdgeSettings(gzip=True)
BODY = b'{"a":"' + b"x" * 2000 + b'"}'
JSON = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("xgzip", False),
    ],
)
def test_what_a_client_accepts(header: str | None, accepted: bool) -> None:
    """By name or by ``*``, unless with a quality of 0."""
    assert accepts_gzip(header) is accepted


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, JSON, BODY),
        (200, [("Content-Type", "application/octet-stream")], BODY),
        (200, JSON, BODY[:499]),
        (200, [*JSON, ("Content-Encoding", "br")], BODY),
    ],
)
def test_what_is_not_worth_it_stays_as_it_is(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Errors, other types than text, small answers and encoded ones."""
    assert compressed(status, headers, body, accepted=True) == (headers, body)


def wsgi(method: str = "GET", encoding: str = "gzip") -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer in two parts."""
    closed, started = [], {}

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", list(JSON))
        return Parts([BODY[:9], BODY[9:]] if environ["REQUEST_METHOD"] == "GET" else [])

    edge: Any = WsgiEdge(app, settings=COMPRESSING)
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/", "wsgi.input": io.BytesIO(), "HTTP_ACCEPT_ENCODING": encoding}
    body = b"".join(edge(environ, lambda _status, headers, *_: started.update(headers)))
    assert closed == [True]
    assert environ["REQUEST_METHOD"] == method
    return started, body


def asgi(method: str = "GET", encoding: str = "gzip") -> tuple[dict[str, str], bytes]:
    """The headers and the body of an answer in two parts."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in JSON]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY[:9], "more_body": True})
        await send({"type": "http.response.body", "body": BODY[9:]})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": method, "path": "/", "headers": [(b"accept-encoding", encoding.encode())]}
    asyncio.run(AsgiEdge(app, settings=COMPRESSING)(scope, receive, send))
    headers = {name.decode().title(): value.decode() for name, value in sent[0]["headers"]}
    return headers, b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("call", [wsgi, asgi])
def test_an_answer_is_compressed_with_its_length(call: Any) -> None:
    """The parts come as one compressed body, with its length and the reason why it may differ."""
    headers, body = call()
    assert gzip.decompress(body) == BODY
    assert headers["Content-Length"] == str(len(body))
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    head, nothing = call("HEAD")
    assert (head["Content-Length"], head["Content-Encoding"], nothing) == (str(len(body)), "gzip", b"")


@pytest.mark.parametrize("call", [wsgi, asgi])
def test_a_client_that_does_not_accept_it_gets_the_plain_answer(call: Any) -> None:
    """The same bytes and length as without compression, marked as one of two."""
    headers, body = call(encoding="gzip;q=0")
    assert body == BODY
    assert (headers["Content-Length"], headers["Vary"]) == (str(len(BODY)), "Accept-Encoding")
    assert "Content-Encoding" not in headers


def test_streams_pass_as_they_are() -> None:
    """An answer without a length is not held back."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": BODY, "more_body": True})
        assert len(sent) == 2
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(AsgiEdge(app, settings=COMPRESSING)(scope, lambda: None, send))  # type: ignore[arg-type, return-value]
    assert sent[1]["body"] == BODY

    def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [BODY]

    edge: Any = WsgiEdge(wsgi_app, settings=COMPRESSING)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), "HTTP_ACCEPT_ENCODING": "gzip"}
    assert b"".join(edge(environ, lambda *_: None)) == BODY
