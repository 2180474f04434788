"""The early end of a stream, as a line of the server's log: which stream, when it was noticed, and at which event.

Nobody can ask a server whose threads or event loop are busy, but what it wrote has its own moment. A stream is known by
its zero, which its client has read, too. Nothing is written while a stream runs; the line says when its last events
were reached, so that its count at an earlier moment is known.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from itertools import repeat

from stackduel_servers.core.streams.stream import HeadFields
from stackduel_servers.core.streams.wire import ZERO_FIELD, clock_ns

VARIABLE = "STREAM_ENDS"
WORD = "stream-ended-early"
STDERR = 2
# With so many moments a line is short enough to be written in one piece (PIPE_BUF, 4,096 bytes).
KEPT_MOMENTS = 256


class Trail:
    """How many ``events`` a stream has come to, and when it came to the last of them."""

    __slots__ = ("_moments_ns", "events")

    def __init__(self) -> None:
        self.events = 0
        self._moments_ns: deque[int] = deque(maxlen=KEPT_MOMENTS)

    def reach(self, events: int) -> None:
        """Come to so many events now."""
        self._moments_ns.extend(repeat(clock_ns(), events - self.events))
        self.events = events

    def note(self, zero_ns: int | str, noticed_ns: int) -> None:
        """Write that the stream was given up."""
        note(zero_ns, noticed_ns, self.events, self._moments_ns)


def note(zero_ns: int | str, noticed_ns: int, events: int, moments_ns: Iterable[int] = ()) -> None:
    """Write that a stream was given up after so many events; in one piece, so that workers share a log.

    The moments of its last events are written as whole microseconds before the end was noticed.
    """
    trail = ",".join(str(max(0, noticed_ns - each) // 1000) for each in moments_ns)
    with suppress(OSError):
        os.write(STDERR, f"{WORD} {zero_ns} {noticed_ns} {events} {trail}".rstrip().encode() + b"\n")


def handler_trail() -> Trail | None:
    """Return the trail of a handler's stream; None where the environment of this process asks for none."""
    return Trail() if is_noted() else None


@cache
def is_noted() -> bool:
    """Return whether handlers note their early ends."""
    return os.environ.get(VARIABLE) == "on"


def zero_of(fields: HeadFields) -> str:
    """Return the zero of a stream whose head has these fields."""
    return dict(fields)[ZERO_FIELD]
