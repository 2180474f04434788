"""The WSGI and ASGI edges around small applications."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.timing import current_timing
from stackduel_servers.core.wsgi import WsgiEdge


def call_wsgi(app: Callable[..., Iterable[bytes]], **environ: str) -> tuple[str, dict[str, str], bytes]:
    """Status, headers and body of a WSGI call."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started[:] = [status, dict(headers)]

    edge: Any = WsgiEdge(app)
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), **environ}
    body = b"".join(edge(request, start_response))
    return started[0], started[1], body


def call_asgi(app: Callable[..., Any], **scope: object) -> list[dict[str, Any]]:
    """The messages of an ASGI call."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(AsgiEdge(app)({"type": "http", "method": "GET", "path": "/", **scope}, receive, send))
    return sent


def test_wsgi_paths_come_from_the_target() -> None:
    """The application sees the raw target's path, even if the server changed it."""
    seen = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append((environ["PATH_INFO"], environ.get("HTTP_UPGRADE")))
        start_response("200 OK", [])
        return []

    call_wsgi(app, RAW_URI="http://host/a%20b?x=/c", PATH_INFO="whatever", HTTP_UPGRADE="websocket")
    call_wsgi(app, REQUEST_URI="/d")
    call_wsgi(app, PATH_INFO="/e")
    assert seen == [("/a b", None), ("/d", None), ("/e", None)]


def test_wsgi_answers_are_timed() -> None:
    """Every answer has both headers, and the request's clock is removed after it."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        assert current_timing.get() is not None
        start_response("204 No Content", [("X-Own", "1")])
        return []

    status, headers, _ = call_wsgi(app)
    assert status == "204 No Content"
    assert {*headers} == {"X-Own", "X-Process-Time", "Server-Timing"}
    assert current_timing.get() is None


def test_a_wsgi_crash_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that fails after its start becomes the same 500 as in every stack."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        raise ValueError("the cause")

    with caplog.at_level(logging.ERROR):
        status, headers, body = call_wsgi(app)
        assert call_wsgi(app, REQUEST_METHOD="HEAD")[2] == b""
    assert (status, body) == ("500 Internal Server Error", b'{"error":"internal server error"}')
    assert headers["Content-Length"] == str(len(body))
    assert "the cause" in caplog.text


def test_wsgi_refusals_do_not_reach_the_application() -> None:
    """Requests on which frameworks disagree are answered at the edge."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError

    assert call_wsgi(app, RAW_URI="//x")[0] == "404 Not Found"
    assert call_wsgi(app, RAW_URI="*", REQUEST_METHOD="OPTIONS")[1]["Allow"] == "GET, HEAD"


def test_asgi_answers_are_timed_and_paths_are_evened_out() -> None:
    """The application sees only the path; its answer gets both headers."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == "/x"
        assert current_timing.get() is not None
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"1")]})
        await send({"type": "http.response.body", "body": b"body"})

    start, body = call_asgi(app, path="http://host/x")
    assert {name for name, _ in start["headers"]} == {b"x-own", b"x-process-time", b"server-timing"}
    assert body["body"] == b"body"
    assert call_asgi(app, path="/x", method="HEAD")[1]["body"] == b""


def test_an_asgi_crash_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    """An exception before the answer starts becomes the same 500 as in every stack."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("the cause")

    with caplog.at_level(logging.ERROR):
        start, body = call_asgi(app)
    assert (start["status"], body["body"]) == (500, b'{"error":"internal server error"}')
    assert "the cause" in caplog.text


def test_an_asgi_crash_amid_an_answer_is_the_servers_to_end() -> None:
    """After the answer has started its status is fixed: the server must close the connection."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("the cause")

    with pytest.raises(ValueError, match="the cause"):
        call_asgi(app)


def test_asgi_lifespans_pass_the_edge() -> None:
    """Events other than requests pass the edge unchanged."""
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], current_timing.get()))

    assert call_asgi(app, type="lifespan") == []
    assert seen == [("lifespan", None)]
