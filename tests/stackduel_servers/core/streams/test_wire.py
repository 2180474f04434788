"""Events on the wire."""

from __future__ import annotations

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.clock import clock
from stackduel_servers.core import downstream
from stackduel_servers.core.streams import wire
from stackduel_servers.core.streams.timetable import NS_PER_S, Timetable
from tests.stackduel_servers.core.streams.test_timetable import TABLES

LATEST_NS = 2 * 10_010 * 10 * NS_PER_S


@given(TABLES, st.integers(0, 9_999), st.integers(0, LATEST_NS))
def test_an_event(table: Timetable, number: int, made_ns: int) -> None:
    """An event is its number and one line of JSON with its times, of exactly the size that was asked for."""
    first, second, *end = wire.encoded(table, number, made_ns).split(b"\n")
    assert (first, end) == (b"id: %d" % number, [b"", b""])
    data = second.removeprefix(b"data: ")
    assert len(data) == table.size
    content = json.loads(data)
    assert set(content.pop("pad")) <= {"x"}
    assert content == {"due_ns": table.due_ns(number), "made_ns": made_ns}


def test_an_error() -> None:
    """The event of an error has the body that the error would have as an answer."""
    assert wire.encoded_error(downstream.garbled()) == (
        b'event: error\ndata: {"error":"downstream sent no valid answer"}\n\n'
    )


def test_the_clock() -> None:
    """Stamps are in the time of the load engine's clock, and the head names the clock."""
    before_s, now_ns, after_s = clock(), wire.clock_ns(), clock()
    assert before_s <= now_ns / NS_PER_S <= after_s
    assert ("X-Stream-Clock", time.get_clock_info("perf_counter").implementation) in wire.head_fields("1")
