"""A stream as aiohttp's answer."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from stackduel_servers.core.streams.stream import AsyncStream
from stackduel_servers.core.streams.wire import CONTENT_TYPE


class EventAnswer(web.StreamResponse):
    """Writes the events once the edge has sent the head, each as it comes; a client that leaves ends them."""

    def __init__(self, stream: AsyncStream[bytes]) -> None:
        super().__init__(headers={"Content-Type": CONTENT_TYPE, **dict(stream.fields)})
        self._events = stream.events

    async def write_eof(self, data: bytes = b"") -> None:
        """Write the events, and the end; raises ConnectionError if the client has left."""
        async with aclosing(self._events) as events:
            async for event in events:
                await self.write(event)
        await super().write_eof(data)
