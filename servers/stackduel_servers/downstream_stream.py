"""The downstream's own stream: events by their timetable on a bare transport, for the stacks that relay them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from stackduel_servers.core.streams import early_end, wire
from stackduel_servers.core.streams.timetable import NS_PER_S, Moment, Timetable


class Timers(Protocol):
    """A clock that calls back at a time of time.monotonic, never earlier."""

    def call_at(self, time_s: float, callback: Callable[[], None]) -> None:
        """Call ``callback`` at ``time_s``."""
        ...


class Paced(Protocol):
    """The events of a stream, each of which is due at some time after its zero; they are counted from 0."""

    @property
    def events(self) -> int:
        """How many there are."""
        ...

    def moments(self) -> Iterator[Moment]:
        """Yield when each event and each heartbeat is due; the last is the last event."""
        ...

    def encoded(self, number: int, made_ns: int) -> bytes:
        """Return the bytes of an event that is made now."""
        ...


@dataclass(frozen=True, slots=True)
class PlainEvents:
    """The events that relays pass on as they are."""

    timetable: Timetable

    @property
    def events(self) -> int:
        """How many there are."""
        return self.timetable.events

    def moments(self) -> Iterator[Moment]:
        """Yield when each event and each heartbeat is due."""
        return self.timetable.moments()

    def encoded(self, number: int, made_ns: int) -> bytes:
        """Return the bytes of an event."""
        return wire.encoded(self.timetable, number, made_ns)


class EventFeed:
    """One stream on a connection; it writes each event when it is due.

    A client that reads too slowly stops it until it has read on, so that nothing piles up in memory. On a connection
    that closes, the next timer finds that out and is the last one.
    """

    __slots__ = (
        *("_chunked", "_ended", "_is_overdue", "_is_paused", "_loop"),
        *("_moments", "_number", "_paced", "_timers", "_trail", "_transport", "_zero_ns"),
    )

    def __init__(self, transport: asyncio.Transport, timers: Timers, paced: Paced, *, chunked: bool) -> None:
        self._transport = transport
        self._timers = timers
        self._paced = paced
        self._chunked = chunked
        self._loop = asyncio.get_running_loop()
        self._moments = paced.moments()
        self._number: int | None = None
        self._trail = early_end.Trail()
        self._is_paused = self._is_overdue = False
        self._zero_ns = wire.clock_ns()
        self._ended: Callable[[], None]

    def begin(self, ended: Callable[[], None], *, closes: bool) -> None:
        """Send the head, which says whether the connection ``closes`` at the end; without events that is all."""
        self._ended = ended
        self._transport.write(head(self._zero_ns, chunked=self._chunked, closes=closes))
        if self._paced.events:
            self._wait()
        else:
            self._loop.call_soon(ended)

    def end_early(self, noticed_ns: int) -> None:
        """Note that nobody reads any more."""
        self._trail.note(self._zero_ns, noticed_ns)

    def pause(self) -> None:
        """Make no further event until ``resume``."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on; an event that became due meanwhile is made now."""
        self._is_paused = False
        if self._is_overdue:
            self._is_overdue = False
            self._write()

    def _wait(self) -> None:
        due_ns, self._number = next(self._moments)
        left_ns = self._zero_ns + due_ns - wire.clock_ns()
        if left_ns > 0:
            self._timers.call_at(monotonic() + left_ns / NS_PER_S, self._write)
        else:  # other connections get their turn
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        if self._transport.is_closing():
            return
        if self._is_paused:
            self._is_overdue = True
            return
        number = self._number
        if number is None:
            event = wire.HEARTBEAT
        else:
            event = self._paced.encoded(number, wire.clock_ns() - self._zero_ns)
            self._trail.reach(number + 1)
        is_last = number == self._paced.events - 1
        self._transport.write(chunk(event, is_last=is_last) if self._chunked else event)
        if is_last:
            self._ended()
        else:
            self._wait()


def head(zero_ns: int, *, chunked: bool, closes: bool) -> bytes:
    """Return the head of a stream that begins at ``zero_ns``."""
    fields = [("Content-Type", wire.CONTENT_TYPE), *wire.head_fields(str(zero_ns))]
    fields += [("Transfer-Encoding", "chunked")] if chunked else []
    fields += [("Connection", "close")] if closes else []
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunk(event: bytes, *, is_last: bool) -> bytes:
    """Return an event as a chunk of HTTP/1.1, the last one with the end of all."""
    return b"%x\r\n%b\r\n%b" % (len(event), event, b"0\r\n\r\n" if is_last else b"")
