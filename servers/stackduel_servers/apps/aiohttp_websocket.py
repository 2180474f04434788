"""A WebSocket of aiohttp's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from stackduel_servers.core import errors
from stackduel_servers.core.websockets.limits import MOST_BYTES_OF_SERVERS
from stackduel_servers.core.websockets.serving import serve
from stackduel_servers.core.websockets.socket import LeftError, SocketMessage, WebSocketEndpoint


class AiohttpSocket:
    """A WebSocket that aiohttp has accepted."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket

    async def receive(self) -> SocketMessage:
        """Return the next message; raises LeftError if the client has left."""
        message = await self._websocket.receive()
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            raise LeftError
        data: SocketMessage = message.data
        return data

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""
        try:
            if isinstance(message, str):
                await self._websocket.send_str(message)
            else:
                await self._websocket.send_bytes(message)
        except OSError as error:
            raise LeftError from error

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence."""
        await self._websocket.close(code=code, message=reason.encode())


def serving(endpoint: WebSocketEndpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of a WebSocket's route."""

    async def handler(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(max_msg_size=MOST_BYTES_OF_SERVERS, compress=False)
        if not websocket.can_prepare(request):
            raise errors.only_websocket()
        await websocket.prepare(request)
        await serve(endpoint, AiohttpSocket(websocket), query_of(request))
        return websocket

    return handler


def query_of(request: web.Request) -> bytes:
    """Return the query as it was sent."""
    return request.rel_url.raw_query_string.encode("utf-8", "surrogateescape")
