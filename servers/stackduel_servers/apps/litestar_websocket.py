"""WebSockets of Litestar's."""

from __future__ import annotations

from typing import Any

from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler, websocket

from stackduel_servers.core.websockets.serving import endpoints, serve
from stackduel_servers.core.websockets.socket import LeftError, SocketMessage, WebSocketEndpoint, message_of


class LitestarSocket:
    """A WebSocket that Litestar has accepted."""

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self._socket = socket

    async def receive(self) -> SocketMessage:
        """Return the next message; raises LeftError if the client has left."""
        try:
            event: Any = await self._socket.receive()
        except WebSocketDisconnect as error:
            raise LeftError from error
        return message_of(event)

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""
        try:
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)
        except (WebSocketDisconnect, OSError) as error:
            raise LeftError from error

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence; raises LeftError if the client has left."""
        try:
            await self._socket.close(int(code), reason)
        except (WebSocketDisconnect, OSError) as error:
            raise LeftError from error


def websocket_handlers() -> list[WebsocketRouteHandler]:
    """Return the handlers of the WebSockets' routes."""
    return [_handler(path, endpoint) for path, endpoint in endpoints().items()]


def _handler(path: str, endpoint: WebSocketEndpoint) -> WebsocketRouteHandler:
    @websocket(path)
    async def handler(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await serve(endpoint, LitestarSocket(socket), socket.scope["query_string"])

    return handler
