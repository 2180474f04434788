"""The null server's stream: events that never end, one a write, at a fixed rate over all connections together."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from stackduel.load.clock import clock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
# No event is smaller.
FIELD, END = b"data: ", b"\n\n"
# A reader that is so far behind gets nothing more: it has shown that it cannot keep up.
MOST_UNREAD_BYTES = 64 * 1024


def chunk_of(event_bytes: int) -> bytes:
    """Return a chunk that holds an event of about that size."""
    event = FIELD + b"0" * max(1, event_bytes - len(FIELD) - len(END)) + END
    return b"%x\r\n%b\r\n" % (len(event), event)


class EventConnection(asyncio.Protocol):
    """A connection that takes events."""

    __slots__ = ("_transport",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport of the new connection."""
        self._transport = cast("asyncio.Transport", transport)

    def write(self, event: bytes) -> None:
        """Write an event, unless too many are unread."""
        if self._transport.get_write_buffer_size() < MOST_UNREAD_BYTES:
            self._transport.write(event)


class NullStreams:
    """Writes an event to one open stream after another, ``events_rps`` a second in all.

    It does not sleep between them: a timer that wakes up a millisecond late would write several at once.
    """

    def __init__(self, event: bytes, events_rps: float) -> None:
        self._event = event
        self._events_rps = events_rps
        self._streams: deque[EventConnection] = deque()
        self._begun_s = 0.0
        self._due = 0

    def join(self, stream: EventConnection) -> None:
        """Write to this stream from now on."""
        if not self._streams:
            self._begun_s, self._due = clock(), 0
            asyncio.get_running_loop().call_soon(self._turn)
        self._streams.append(stream)

    def leave(self, stream: EventConnection) -> None:
        """Write no more to this stream."""
        if stream in self._streams:
            self._streams.remove(stream)

    def _turn(self) -> None:
        """Write the events that are due by now, at most one to each stream; the others are dropped."""
        if not self._streams:
            return
        due = int((clock() - self._begun_s) * self._events_rps)
        for _ in range(min(due - self._due, len(self._streams))):
            self._streams[0].write(self._event)
            self._streams.rotate(-1)
        self._due = due
        asyncio.get_running_loop().call_soon(self._turn)


class NullStream(EventConnection):
    """One connection: its first request opens an endless stream."""

    __slots__ = ("_streams",)

    def __init__(self, streams: NullStreams) -> None:
        self._streams = streams

    def data_received(self, data: bytes) -> None:
        """Open the stream at the end of the request."""
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(HEAD)
            self._streams.join(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (how it ended makes no difference)
        """End the stream."""
        self._streams.leave(self)
