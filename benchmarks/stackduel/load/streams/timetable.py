"""The timetable that a stream's head and events carry: docs/streams.md describes it.

``X-Stream-Zero`` is the moment from which all times of the stream count, in nanoseconds of the clock that
``X-Stream-Clock`` names. The data of each event is a JSON object whose first keys are ``due_ns`` and ``made_ns``: after
how many nanoseconds from zero it was due, and made.
"""

from __future__ import annotations

import re
import time
from typing import NamedTuple

ZERO_FIELD = b"x-stream-zero"
CLOCK_FIELD = b"x-stream-clock"
CLOCK = time.get_clock_info("perf_counter").implementation.encode()

_ZERO = re.compile(rb"[0-9]{1,19}")
_TIMES = re.compile(rb'\s*\{\s*"due_ns"\s*:\s*([0-9]{1,15})\s*,\s*"made_ns"\s*:\s*([0-9]{1,15})\s*')


class Stamps(NamedTuple):
    """An event's times in nanoseconds after its stream's zero, and the rest of its data, in which it has none."""

    due_ns: int
    made_ns: int
    rest: bytes


def stamps_of(data: bytes) -> Stamps | None:
    """Return the times in an event's data; None where it has none."""
    found = _TIMES.match(data)
    return None if found is None else Stamps(int(found[1]), int(found[2]), data[found.end() :])


class ZeroFinder:
    """Takes a head's fields, and knows the zero of its timetable: ``zero_s`` on the generator's clock, or None."""

    def __init__(self) -> None:
        self._zero: bytes | None = None
        self._clock: bytes | None = None

    def take(self, name: bytes, value: bytes) -> None:
        """Take a field of the head."""
        name = name.lower()
        if name == ZERO_FIELD:
            self._zero = value
        elif name == CLOCK_FIELD:
            self._clock = value

    @property
    def zero_s(self) -> float | None:
        """The zero in seconds of the clock; None without a timetable, and where it is by another clock."""
        if self._zero is None or self._clock != CLOCK or not _ZERO.fullmatch(self._zero):
            return None
        return int(self._zero) / 1e9
