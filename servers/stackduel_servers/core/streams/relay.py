"""Passing on the downstream's stream, in any way of waiting: its request, the stream cut into events, the failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from stackduel_servers.core import downstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams import wire
from stackduel_servers.core.streams.stream import HeadFields
from stackduel_servers.core.streams.timetable import LARGEST_BYTES, NS_PER_S, Timetable

BETWEEN_EVENTS = b"\n\n"
# An event's data and the names of its fields.
LONGEST_EVENT_BYTES = LARGEST_BYTES + 1024
READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request for the downstream's stream, which may send nothing for up to ``patience_s``."""

    method: str
    target: str
    patience_s: float
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class StreamPassage(Protocol):
    """One stream of the downstream on its way through a handler, which may change its events."""

    @property
    def events(self) -> int:
        """How many events of the downstream have come so far."""
        ...

    def request(self, allowance_s: float) -> UpstreamRequest:
        """Return what the downstream is asked; it may take ``allowance_s`` longer than its timetable says."""
        ...

    def fields(self, status: int, headers: Mapping[str, str]) -> HeadFields:
        """Return the fields of the head; raises HttpError if the downstream sends no stream."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """Return the events that are to be sent once these bytes have come; raises HttpError 502."""
        ...

    def end(self) -> None:
        """Raise HttpError 502 if the downstream has ended its stream early."""
        ...


class Relay:
    """Passes events on as they are, and heartbeats with them: a client then knows that the whole way lives.

    Heartbeats keep connections open, but stand for no event: a downstream that sends nothing else is too slow.
    """

    def __init__(self, method: str, timetable: Timetable) -> None:
        self._method = method
        self._timetable = timetable
        self._frames = Frames(LONGEST_EVENT_BYTES)
        self._allowance_s = self._patience_s = self._event_s = 0.0

    @property
    def events(self) -> int:
        """How many events have come so far."""
        return self._frames.count

    def request(self, allowance_s: float) -> UpstreamRequest:
        """Return the request for a stream by the same timetable."""
        timetable = self._timetable
        self._allowance_s, self._event_s = allowance_s, monotonic()
        self._patience_s = patience_s(timetable.first_ns, timetable.interval_ns, allowance_s)
        return UpstreamRequest(self._method, f"/stream?{timetable.query()}", self._patience_s)

    def fields(self, status: int, headers: Mapping[str, str]) -> HeadFields:
        """Return the fields of the head with the downstream's zero; raises HttpError 502."""
        return fields_of(status, headers)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the events and heartbeats that are whole now; raises HttpError 502, and 504 where no event comes."""
        before, now_s = self._frames.count, monotonic()
        whole = self._frames.feed(data)
        if self._frames.count > before:
            self._event_s = now_s
        elif now_s - self._event_s > self._patience_s:
            raise stalled(self._allowance_s)
        return whole

    def end(self) -> None:
        """Raise HttpError 502 if not all events have come."""
        if self._frames.count < self._timetable.events:
            raise ended_early()


class Frames:
    """Cuts what arrives, in whatever pieces, into whole frames of at most ``longest_bytes``: events and heartbeats.

    ``count`` is the number of events so far.
    """

    def __init__(self, longest_bytes: int) -> None:
        self._longest_bytes = longest_bytes
        self._rest = b""
        self.count = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that are whole now, each with its end; raises HttpError 502."""
        *whole, self._rest = (self._rest + data).split(BETWEEN_EVENTS)
        if len(self._rest) > self._longest_bytes:
            raise downstream.garbled()
        self.count += sum(not wire.is_heartbeat(frame) for frame in whole)
        return [frame + BETWEEN_EVENTS for frame in whole]


def patience_s(first_ns: int, interval_ns: int, allowance_s: float) -> float:
    """Return how long the downstream may send nothing."""
    return max(first_ns, interval_ns) / NS_PER_S + allowance_s


def fields_of(status: int, headers: Mapping[str, str]) -> HeadFields:
    """Return the fields of the head with the downstream's zero; raises HttpError 502 if it sends no stream."""
    if status != 200:
        raise downstream.refused(status)
    zero, clock = headers.get(wire.ZERO_FIELD, ""), headers.get(wire.CLOCK_FIELD)
    if not (zero.isascii() and zero.isdecimal() and clock):
        raise downstream.garbled()
    return wire.head_fields(zero, clock)


def ended_early() -> HttpError:
    """Return the error when the downstream's stream ends before its last event."""
    return HttpError(502, "downstream ended its stream early")


def stalled(allowance_s: float) -> HttpError:
    """Return the error when the next event does not come within its time plus ``allowance_s``."""
    return HttpError(504, f"downstream too slow: no event within its time + {allowance_s:g} s")
