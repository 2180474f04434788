"""``/ws/echo``: each message comes back as it was."""

from __future__ import annotations

import asyncio

from stackduel_servers.core.query import NUMBER, Parameter, read
from stackduel_servers.core.websockets.limits import MOST_BYTES
from stackduel_servers.core.websockets.socket import CloseCode, Closing, Socket, SocketMessage

# As long as servers keep a connection without a request.
IDLE = Parameter(b"idle", NUMBER, 0, 75, 75, "a number from 0 to 75 with at most 9 decimals")


async def echo(socket: Socket, query: bytes) -> None:
    """Send each message back, until the client leaves or is silent for ``idle`` seconds.

    Raises Closing, and HttpError for bad input.
    """
    idle_s = float(read(query, IDLE))
    now_s = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(idle_s) as silence:
            while True:
                message = await socket.receive()
                if is_too_big(message):
                    raise Closing(CloseCode.TOO_BIG, f"a message must be at most {MOST_BYTES} bytes")
                await socket.send(message)
                silence.reschedule(now_s() + idle_s)
    except TimeoutError:
        raise Closing(CloseCode.GOING_AWAY, f"no message came for {idle_s:g} s") from None


def is_too_big(message: SocketMessage) -> bool:
    """Return whether a message has more bytes than one may have."""
    if len(message) > MOST_BYTES:
        return True
    # Only characters beyond ASCII have more bytes than one.
    return isinstance(message, str) and not message.isascii() and len(message.encode()) > MOST_BYTES
