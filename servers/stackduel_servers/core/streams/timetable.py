"""The timetable of a stream: how many events there are, when each one is due, and how large it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stackduel_servers.core.query import INTEGER, NUMBER, Parameter, read

NS_PER_S = 1_000_000_000
DECIMALS = 9
# An event's two times have to fit into its data.
SMALLEST_BYTES = 64
LARGEST_BYTES = 65_536

EVENTS = Parameter(b"events", INTEGER, 1, 10_000, 10, "an integer from 1 to 10000")
# Gaps are bounded so that no proxy takes a stream for dead: those that are strict close it after 30 s.
FIRST = Parameter(b"first", NUMBER, 0, 10, 0, "a number from 0 to 10 with at most 9 decimals")
INTERVAL = Parameter(b"interval", NUMBER, 0, 10, b"0.1", "a number from 0 to 10 with at most 9 decimals")
# The control that shows what timers cost: the same timetable, of which only the last event is sent.
IDLE = Parameter(b"idle", INTEGER, 0, 1, 0, "0 or 1")
# Bounded from below, so that a query cannot ask for a flood.
HEARTBEAT = Parameter(b"heartbeat", NUMBER, 0.1, 10, 0, "a number from 0.1 to 10 with at most 9 decimals")
SIZE = Parameter(b"size", INTEGER, SMALLEST_BYTES, LARGEST_BYTES, 128, "an integer from 64 to 65536")

# When something is due, in nanoseconds after the stream's zero: the event of that number, or a heartbeat, None.
Moment = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Timetable:
    """When events are due, in nanoseconds after the stream's zero, and the bytes of each one's data.

    Of an ``idle`` one the handler waits for every event, and sends the last alone. A heartbeat is due whenever nothing
    was due to be sent for ``heartbeat_ns``; there are none where it is 0.
    """

    events: int
    first_ns: int
    interval_ns: int
    size: int
    idle: bool = False
    heartbeat_ns: int = 0

    def due_ns(self, number: int) -> int:
        """Return when an event is due; they are counted from 0."""
        return self.first_ns + number * self.interval_ns

    def sends(self, number: int) -> bool:
        """Return whether an event is sent once it is due."""
        return not self.idle or number == self.events - 1

    def moments(self) -> Iterator[Moment]:
        """Yield all events, and the heartbeats between them, in the order in which they are due."""
        beat_ns = self.heartbeat_ns
        for number in range(self.events):
            due_ns = self.due_ns(number)
            if self.heartbeat_ns:
                while beat_ns < due_ns:
                    yield beat_ns, None
                    beat_ns += self.heartbeat_ns
                if self.sends(number):
                    beat_ns = due_ns + self.heartbeat_ns
            yield due_ns, number

    def query(self) -> str:
        """Return the query that asks for this timetable, of which every event is sent; never with an exponent."""
        first, interval = seconds(self.first_ns), seconds(self.interval_ns)
        heartbeat = f"&heartbeat={seconds(self.heartbeat_ns)}" if self.heartbeat_ns else ""
        return f"events={self.events}&first={first}&interval={interval}&size={self.size}{heartbeat}"


def read_timetable(query: bytes, size: Parameter = SIZE) -> Timetable:
    """Read the timetable that a query asks for, with times in seconds and a size in bytes; raises HttpError 400."""
    first_ns, interval_ns = read_times(query)
    return Timetable(
        events=int(read(query, EVENTS)),
        first_ns=first_ns,
        interval_ns=interval_ns,
        size=int(read(query, size)),
        idle=bool(int(read(query, IDLE))),
        heartbeat_ns=nanoseconds(read(query, HEARTBEAT)),
    )


def read_times(query: bytes) -> tuple[int, int]:
    """Read ``first`` and ``interval`` as nanoseconds; raises HttpError 400."""
    return nanoseconds(read(query, FIRST)), nanoseconds(read(query, INTERVAL))


def asked(method: str, query: bytes) -> Timetable:
    """Return the timetable of what is sent to this request: HEAD has no events; raises HttpError 400."""
    timetable = read_timetable(query)
    return replace(timetable, events=0) if method == "HEAD" else timetable


def nanoseconds(written: bytes | int) -> int:
    """Return the nanoseconds of a number as it was read, exactly."""
    # A float would round: 0.1 s have no exact one.
    if isinstance(written, int):
        return written * NS_PER_S
    whole, _, fraction = written.partition(b".")
    return int(whole) * NS_PER_S + int(fraction.ljust(DECIMALS, b"0"))


def seconds(time_ns: int) -> str:
    """Return a time as a query writes it: in seconds, never with an exponent."""
    whole, fraction = divmod(time_ns, NS_PER_S)
    return f"{whole}.{fraction:09d}"
