"""A stream as an answer of Starlette's, for all applications that are made of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from stackduel_servers.core.streams.stream import HeadFields
from stackduel_servers.core.streams.wire import CONTENT_TYPE


class EventResponse(StreamingResponse):
    """Sends the events as they come, those of a plain generator from Starlette's threads, and closes them at every end.

    Starlette leaves a generator whose client has left to the garbage collector, and with it the downstream's stream.
    """

    def __init__(self, fields: HeadFields, events: AsyncGenerator[bytes, None] | Generator[bytes, None, None]) -> None:
        super().__init__(events, headers=dict(fields), media_type=CONTENT_TYPE)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request until the stream's end, or until the client has left."""
        try:
            with suppress(ClientDisconnect):
                await super().__call__(scope, receive, send)
        finally:
            if isinstance(self._events, AsyncGenerator):
                await self._events.aclose()
            else:
                self._events.close()
