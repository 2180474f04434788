"""A WebSocket of Starlette's, for all applications that are made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from stackduel_servers.core.websockets.serving import serve
from stackduel_servers.core.websockets.socket import LeftError, SocketMessage, WebSocketEndpoint, message_of


class StarletteSocket:
    """A WebSocket that Starlette has accepted."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> SocketMessage:
        """Return the next message; raises LeftError if the client has left."""
        return message_of(await self._websocket.receive())

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""
        try:
            if isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
        except WebSocketDisconnect as error:
            raise LeftError from error

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence."""
        try:
            await self._websocket.close(code, reason)
        except WebSocketDisconnect as error:
            raise LeftError from error


def serving(endpoint: WebSocketEndpoint) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the handler of a WebSocket's route."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await serve(endpoint, StarletteSocket(websocket), websocket.scope["query_string"])

    return handler
