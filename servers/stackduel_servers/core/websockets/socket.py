"""A WebSocket as the core sees it, whatever the framework, and the ways in which one ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Any, Protocol

SocketMessage = str | bytes


class Socket(Protocol):
    """An accepted WebSocket: messages as they are, a text as ``str`` and a binary one as ``bytes``."""

    async def receive(self) -> SocketMessage:
        """Return the next message; raises LeftError if the client has left."""

    async def send(self, message: SocketMessage) -> None:
        """Send a message; raises LeftError if the client has left."""

    async def close(self, code: int, reason: str) -> None:
        """Close it with a code and a sentence."""


WebSocketEndpoint = Callable[[Socket, bytes], Awaitable[None]]
"""Serves an accepted WebSocket, given the raw query, until its regular end; raises Closing, LeftError or HttpError."""


class CloseCode(IntEnum):
    """The codes with which the core closes (RFC 6455, 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    UNSUPPORTED = 1003
    POLICY = 1008
    TOO_BIG = 1009
    INTERNAL = 1011
    TRY_AGAIN = 1013


class Closing(Exception):  # noqa: N818 - most ends of a WebSocket are no errors
    """The end of a WebSocket: its code, and the sentence that says why, of at most 123 bytes."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class LeftError(Exception):
    """The client has left."""


def message_of(event: Mapping[str, Any]) -> SocketMessage:
    """Return the message of an event of ASGI's; raises LeftError if it says that the client has left."""
    if event["type"] == "websocket.disconnect":
        raise LeftError
    text: str | None = event.get("text")
    data: bytes = event.get("bytes") or b""
    return data if text is None else text
