"""The shared part of both relays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core import downstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams import relay, wire
from stackduel_servers.core.streams.timetable import NS_PER_S, Timetable

TABLE = Timetable(3, 0, NS_PER_S // 2, 64)
BEATING = Timetable(2, 0, NS_PER_S, 64, heartbeat_ns=NS_PER_S // 10)
EVENTS = [wire.encoded(TABLE, number, 5) for number in range(3)]
SENT = b"".join(EVENTS)
HEAD = {"X-Stream-Zero": "17", "X-Stream-Clock": "a clock"}


@given(st.sets(st.integers(0, len(SENT))))
def test_events_are_whole_however_they_arrive(cuts: set[int]) -> None:
    """Cut anywhere, the same events come out, and each as soon as its last byte is there."""
    frames, found = relay.Frames(relay.LONGEST_EVENT_BYTES), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(SENT)], strict=True):
        found += frames.feed(SENT[start:end])
        assert len(found) == SENT[:end].count(b"\n\n")
    assert (found, frames.count) == (EVENTS, 3)


def test_what_is_no_event_does_not_fill_the_memory() -> None:
    """Bytes without an end are refused once they are more than any event has."""
    frames = relay.Frames(relay.LONGEST_EVENT_BYTES)
    frames.feed(b"x" * relay.LONGEST_EVENT_BYTES)
    with pytest.raises(HttpError, match="downstream sent no valid answer"):
        frames.feed(b"x")


def test_the_head_of_a_relay() -> None:
    """The zero and the clock are the downstream's; without them, or with another status, there is no stream."""
    assert relay.fields_of(200, HEAD) == wire.head_fields("17", "a clock")
    for status, headers in ((500, HEAD), (200, {}), (200, {**HEAD, "X-Stream-Zero": "-1"})):
        with pytest.raises(HttpError, match=r"downstream (sent no valid|answered with status)"):
            relay.fields_of(status, headers)


def test_heartbeats_are_passed_on_and_are_no_events() -> None:
    """A stream is whole by its events alone, whatever its downstream's comments say."""
    passed = relay.Relay("GET", BEATING)
    assert "heartbeat=0.100000000" in passed.request(1.0).target
    sent = [b": alive\n\n", EVENTS[0], wire.HEARTBEAT]
    assert passed.feed(b"".join(sent)) == sent
    with pytest.raises(HttpError, match="ended its stream early"):
        passed.end()
    assert passed.feed(EVENTS[1]) == [EVENTS[1]]
    passed.end()


def test_heartbeats_stand_for_no_event() -> None:
    """A downstream that sends heartbeats alone is too slow once the event's time and the allowance are over."""
    passed = relay.Relay("GET", Timetable(1, 0, 0, 64, heartbeat_ns=NS_PER_S // 10))
    passed.request(0.02)
    assert passed.feed(wire.HEARTBEAT) == [wire.HEARTBEAT]
    time.sleep(0.03)
    with pytest.raises(HttpError, match=r"no event within its time \+ 0\.02 s"):
        passed.feed(wire.HEARTBEAT)


def test_an_event_for_frameworks_that_write_it_themselves() -> None:
    """Its number, its type and its data are those of its bytes."""
    assert wire.parsed(EVENTS[2]) == ("2", None, wire.data(TABLE, 2, 5).decode())
    error = downstream.garbled()
    assert wire.parsed(wire.encoded_error(error)) == (None, "error", wire.error_data(error).decode())
