"""The edge of an ASGI service: every request and every answer passes through it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.draining import Draining
from stackduel_servers.core.errors import of_status
from stackduel_servers.core.target import body_refusal, path_of, refusal
from stackduel_servers.core.timing import Timing, current_timing

# Each framework and each server has its own types for the mappings that ASGI passes around.
Scope: TypeAlias = Any
Message: TypeAlias = Any
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# The server skips a body of these methods, as it does at every endpoint that takes none.
WITHOUT_BODY = ("GET", "HEAD")

log = logging.getLogger(__name__)


class AsgiEdge:
    """Wraps an ASGI application: normalises paths, times each answer, and turns a crash into the same 500."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the ASGI server; anything but HTTP is passed on unchanged."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        timing = Timing()
        token = current_timing.set(timing)
        without_body = scope["method"] == "HEAD"
        body = None if scope["method"] in WITHOUT_BODY else Draining(receive)
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                timed = [(name.lower().encode(), value.encode()) for name, value in timing.headers()]
                message["headers"] = [*message["headers"], *timed]
            elif without_body:
                message["body"] = b""
            elif body and not body.ended and not message.get("more_body"):
                await send({**message, "more_body": True})
                await body.drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            path = scope["path"] = path_of(scope["path"])
            refused = refusal(scope["method"], path) or (body and body_refusal(path, _content_length(scope)))
            if refused:
                await _send(failure(refused), send_on)
            else:
                await self._app(scope, body.receive if body else receive, send_on)
        except Exception:
            log.exception("unhandled exception")
            if started:
                raise
            await _send(failure(of_status(500)), send_on)
        finally:
            current_timing.reset(token)


async def _send(answer: Answer, send: Send) -> None:
    length = ("Content-Length", str(len(answer.body)))
    headers = [("Content-Type", answer.content_type), length, *answer.headers]
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _content_length(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-length"), None)
