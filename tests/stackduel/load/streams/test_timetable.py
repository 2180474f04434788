"""The generator reads the timetable that the servers write."""

from __future__ import annotations

import time

import pytest

from stackduel.load.streams.event_parser import EventParser
from stackduel.load.streams.timetable import CLOCK, ZeroFinder, stamps_of
from stackduel_servers.core.streams import wire
from stackduel_servers.core.streams.timetable import Timetable

TIMETABLE = Timetable(events=3, first_ns=500_000_000, interval_ns=20_000_000, size=64)


def found(fields: tuple[tuple[str, str], ...]) -> float | None:
    """The zero in a head's fields."""
    finder = ZeroFinder()
    for name, value in fields:
        finder.take(name.encode(), value.encode())
    return finder.zero_s


def test_times_are_those_that_the_servers_write() -> None:
    """The data of an event says when it was due, and when it was made."""
    (event,) = EventParser().feed(wire.encoded(TIMETABLE, 2, 540_081_340))
    assert event.id == b"2"
    stamps = stamps_of(event.data)
    assert stamps is not None
    assert (stamps.due_ns, stamps.made_ns) == (540_000_000, 540_081_340)


def test_the_zero_is_on_the_generator_s_clock() -> None:
    """The field of the head is a moment of the clock that reads are stamped by."""
    zero_s = found(wire.head_fields(str(wire.clock_ns())))
    assert zero_s == pytest.approx(time.perf_counter(), abs=60)


@pytest.mark.parametrize(("zero", "clock"), [("5", "another clock"), ("-5", CLOCK.decode()), ("soon", CLOCK.decode())])
def test_a_zero_of_another_clock_is_none(zero: str, clock: str) -> None:
    """Nor is what is no moment."""
    assert found(wire.head_fields(zero, clock)) is None


@pytest.mark.parametrize("data", [b"", b"[DONE]", b'{"delta":"due_ns"}', b'{"due_ns":1.5,"made_ns":2}'])
def test_other_data_has_no_times(data: bytes) -> None:
    """Streams of other servers are read, too, without a timetable."""
    assert stamps_of(data) is None
