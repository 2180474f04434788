"""The same middleware twice, for applications made of Starlette: on its BaseHTTPMiddleware, and in plain ASGI.

Each adds one header to every answer; only the way to it differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

NAME = "X-Middleware"


class BaseMarking(BaseHTTPMiddleware):
    """Adds the header on Starlette's BaseHTTPMiddleware, which runs the application in a task of its own."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer as the application does, with the header."""
        response = await call_next(request)
        response.headers[NAME] = "base"
        return response


class AsgiMarking:
    """Adds the header as the start of the answer passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""

        async def send_marked(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (NAME.lower().encode(), b"asgi")]
            await send(message)

        await self._app(scope, receive, send_marked)


MARKINGS: Mapping[str, type[BaseMarking | AsgiMarking]] = {"base": BaseMarking, "asgi": AsgiMarking}
