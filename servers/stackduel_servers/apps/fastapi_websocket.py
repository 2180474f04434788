"""The WebSockets of all FastAPI services; what it makes of ``def`` endpoints makes no difference to them."""

from __future__ import annotations

from fastapi import FastAPI, Response

from stackduel_servers.apps.fastapi_shell import READ
from stackduel_servers.apps.starlette_websocket import serving
from stackduel_servers.core import errors
from stackduel_servers.core.websockets.serving import endpoints


def add_websockets(app: FastAPI) -> None:
    """Add the WebSockets, and what answers a request at their paths that asks for none."""
    for path, endpoint in endpoints().items():
        app.add_api_websocket_route(path, serving(endpoint))
        app.add_api_route(path, only_websocket, methods=READ)


async def only_websocket() -> Response:
    """Refuse what is no WebSocket; raises HttpError 426."""
    raise errors.only_websocket()
