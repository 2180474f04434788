"""The endpoints by their paths, and the life of a WebSocket from its acceptance to its close."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.websockets.broadcast import Rooms
from stackduel_servers.core.websockets.echo import echo
from stackduel_servers.core.websockets.socket import CloseCode, Closing, LeftError, Socket, WebSocketEndpoint

PATHS = ("/ws/echo", "/ws/broadcast")

log = logging.getLogger(__name__)


def endpoints() -> Mapping[str, WebSocketEndpoint]:
    """Return the endpoints of one application, with rooms of its own."""
    return dict(zip(PATHS, (echo, Rooms().broadcast), strict=True))


async def serve(endpoint: WebSocketEndpoint, socket: Socket, query: bytes) -> None:
    """Serve an accepted WebSocket, and close it with the code that says how it ended.

    Bad input closes it, too: a browser learns nothing of a handshake that is refused, but code and reason of a close.
    """
    with suppress(LeftError):
        closing = await _ended(endpoint, socket, query)
        await socket.close(closing.code, closing.reason)


async def _ended(endpoint: WebSocketEndpoint, socket: Socket, query: bytes) -> Closing:
    try:
        await endpoint(socket, query)
    except Closing as closing:
        return closing
    except HttpError as error:
        return Closing(CloseCode.POLICY, error.message)
    except LeftError:
        raise
    except Exception:
        log.exception("unhandled exception")
        return Closing(CloseCode.INTERNAL, "internal server error")
    return Closing(CloseCode.NORMAL, "")
