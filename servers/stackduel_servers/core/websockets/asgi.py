"""WebSockets in ASGI alone, for applications whose framework has none or is none."""

from __future__ import annotations

from collections.abc import Mapping

from stackduel_servers.core.asgi_messages import Receive, Scope, Send
from stackduel_servers.core.websockets.serving import serve
from stackduel_servers.core.websockets.socket import LeftError, SocketMessage, WebSocketEndpoint, message_of


class AsgiSocket:
    """A WebSocket by the messages of ASGI, accepted."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def receive(self) -> SocketMessage:
        """Return the next message; raises LeftError if the client has left."""
        return message_of(await self._receive())

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""
        kind = "text" if isinstance(message, str) else "bytes"
        await self._say({"type": "websocket.send", kind: message})

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence."""
        await self._say({"type": "websocket.close", "code": int(code), "reason": reason})

    async def _say(self, event: dict[str, object]) -> None:
        try:
            await self._send(event)
        except OSError as error:  # as ASGI says since 2.4
            raise LeftError from error


async def serve_asgi(endpoints: Mapping[str, WebSocketEndpoint], scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket of the ASGI server; the handshake of an unknown path is refused."""
    endpoint = endpoints.get(scope["path"])
    await receive()
    if endpoint is None:
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    await serve(endpoint, AsgiSocket(receive, send), scope["query_string"])
