"""The ASGI around Django, which leaves to others its lifespan, WebSockets, and a bound on the bodies it reads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from stackduel_servers.core.asgi_messages import App, Message, Receive, Scope, Send, disconnected, live
from stackduel_servers.core.errors import too_large
from stackduel_servers.core.limits import limits
from stackduel_servers.core.target import takes_body
from stackduel_servers.core.websockets.asgi import serve_asgi
from stackduel_servers.core.websockets.serving import endpoints

NO_BODY: Message = {"type": "http.request", "body": b"", "more_body": False}


class BoundedDjango:
    """Wraps Django, which puts a whole body into a file before it looks for a view.

    Only models and the gateway take a body. Everywhere else Django gets an empty one, and the edge reads the rest away.
    """

    def __init__(self, app: App, resources: Sequence[AbstractAsyncContextManager[object]]) -> None:
        self._app = app
        self._resources = resources
        self._websockets = endpoints()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the lifespan; raises HttpError 413 out of Django if a body is over the limit."""
        if scope["type"] == "lifespan":
            await live(self._resources, receive, send)
            return
        if scope["type"] == "websocket":
            await serve_asgi(self._websockets, scope, receive, send)
            return
        count, most, ended = 0, limits().body_bytes, False
        has_body = takes_body(scope["path"])

        async def bounded() -> Message:
            nonlocal count, ended
            if ended:
                return await disconnected(receive)
            message = await receive() if has_body else NO_BODY
            count += len(message.get("body", b""))
            if count > most:
                raise too_large()
            ended = not message.get("more_body")
            return message

        await self._app(scope, bounded, send)
