"""Reading and discarding the rest of a request's body after the answer.

A server that closes a connection with unread bytes resets it, and the client may never see the answer that explains
why. So an answer is sent as soon as it is known, and only its end waits for the rest of the body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

DRAIN_S = 10.0
READ_BYTES = 65_536

AsgiEvent = Any


class Readable(Protocol):
    """The body of a WSGI request."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


class Draining:
    """The receiving side of one ASGI request, which knows whether the whole body has arrived or the client has left.

    Some frameworks receive in a task of their own: the lock keeps two receivers from taking each other's messages.
    """

    def __init__(self, receive: Callable[[], Awaitable[AsgiEvent]]) -> None:
        self._receive = receive
        self._turn = asyncio.Lock()
        self.ended = self.left = False

    async def receive(self) -> AsgiEvent:
        """Return the server's next message."""
        async with self._turn:
            return await self._next()

    async def drain(self) -> None:
        """Read until the whole body has arrived, the client has left, or ``DRAIN_S`` have passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while not self.ended:
                    async with self._turn:
                        if not self.ended:
                            await self._next()

    async def _next(self) -> AsgiEvent:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            self.ended = True
        self.left |= message["type"] == "http.disconnect"
        return message


def drained(answer: Iterable[bytes], body: Readable) -> Iterator[bytes]:
    """Yield a WSGI answer, then read the rest of the request's body to its end or for ``DRAIN_S``."""
    try:
        yield from answer
        until = monotonic() + DRAIN_S
        with suppress(Exception):  # the client has left, or its chunks are invalid: each server has errors of its own
            while body.read(READ_BYTES) and monotonic() < until:
                pass
    finally:
        close = getattr(answer, "close", None)
        if close:
            close()
