"""A WebSocket of Quart's, which cancels the handler of a client that has left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart import websocket

from stackduel_servers.core.websockets.serving import serve
from stackduel_servers.core.websockets.socket import LeftError, SocketMessage, WebSocketEndpoint


class QuartSocket:
    """The WebSocket of the running handler, accepted."""

    async def receive(self) -> SocketMessage:
        """Return the next message; Quart has None for a binary one without a byte."""
        message: SocketMessage | None = await websocket.receive()
        return b"" if message is None else message

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""
        try:
            await websocket.send(message)
        except OSError as error:
            raise LeftError from error

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence; raises LeftError if the client has left."""
        try:
            await websocket.close(code, reason)
        except OSError as error:
            raise LeftError from error


def serving(endpoint: WebSocketEndpoint) -> Callable[[], Awaitable[None]]:
    """Return the handler of a WebSocket's route."""

    async def handler() -> None:
        await websocket.accept()
        await serve(endpoint, QuartSocket(), websocket.query_string)

    return handler
