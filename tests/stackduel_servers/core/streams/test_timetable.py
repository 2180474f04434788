"""The timetable of a stream."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams.timetable import NS_PER_S, Timetable, read_timetable

TABLES = st.builds(
    Timetable,
    events=st.integers(1, 10_000),
    first_ns=st.integers(0, 10 * NS_PER_S),
    interval_ns=st.integers(0, 10 * NS_PER_S),
    size=st.integers(64, 65_536),
    heartbeat_ns=st.just(0) | st.integers(NS_PER_S // 10, 10 * NS_PER_S),
)


def test_defaults() -> None:
    """Without parameters a stream has ten events, the first at once and then one every 0.1 s, of 128 bytes."""
    assert read_timetable(b"x=1") == Timetable(10, 0, NS_PER_S // 10, 128)


@given(TABLES)
def test_a_timetable_asks_for_itself(table: Timetable) -> None:
    """The query of a timetable is read as the same one, to the nanosecond."""
    assert read_timetable(table.query().encode()) == table


def test_an_idle_stream_sends_its_last_event_alone() -> None:
    """Its timetable is the same one, and what it asks of a downstream is all of its events."""
    table, idle = read_timetable(b"events=3"), read_timetable(b"events=3&idle=1")
    assert [table.sends(number) for number in range(3)] == [True, True, True]
    assert [idle.sends(number) for number in range(3)] == [False, False, True]
    assert [table.due_ns(number) for number in range(3)] == [idle.due_ns(number) for number in range(3)]
    assert read_timetable(idle.query().encode()) == table


@given(st.integers(1, 4), *(st.integers(0, 3 * NS_PER_S) for _ in range(2)), st.integers(NS_PER_S // 10, NS_PER_S))
def test_heartbeats_are_due_where_nothing_else_is(events: int, first_ns: int, interval_ns: int, beat_ns: int) -> None:
    """No gap is longer than the heartbeat, each heartbeat comes so long after what was sent before, and events stay."""
    table = Timetable(events, first_ns, interval_ns, 64, heartbeat_ns=beat_ns)
    moments = list(table.moments())
    assert [(due, number) for due, number in moments if number is not None] == [
        (table.due_ns(number), number) for number in range(events)
    ]
    sent_ns = 0
    for due_ns, number in moments:
        assert due_ns - sent_ns == beat_ns if number is None else 0 <= due_ns - sent_ns <= beat_ns
        sent_ns = due_ns


def test_an_idle_stream_has_heartbeats() -> None:
    """Events that are not sent keep no connection open."""
    table = read_timetable(b"events=3&interval=0.15&heartbeat=0.1&idle=1")
    beats_ns = [due_ns for due_ns, number in table.moments() if number is None]
    assert beats_ns == [NS_PER_S // 10, NS_PER_S // 5]


@given(st.from_regex(r"[0-9](\.[0-9]{1,9})?", fullmatch=True), st.integers(0, 9_999))
def test_times_are_exact(interval: str, number: int) -> None:
    """Event k is due at first + k * interval, without any rounding, however the numbers are written."""
    table = read_timetable(f"first=0.000000001&interval={interval}".encode())
    assert table.due_ns(number) == 1 + number * Fraction(interval) * NS_PER_S


@pytest.mark.parametrize(
    ("name", "values", "bounds"),
    [
        ("events", ("0", "10001", "1.0", "", "x", "-1"), "an integer from 1 to 10000"),
        ("size", ("63", "65537", "64.0", "", "1e3"), "an integer from 64 to 65536"),
        ("idle", ("2", "-1", "true", ""), "0 or 1"),
        ("heartbeat", ("0", "0.0999", "10.1", "-1", "1e-1"), "a number from 0.1 to 10 with at most 9 decimals"),
        ("first", ("10.000000001", "0.0000000001", "-1", "", "nan", ".5"), "a number from 0 to 10 with at most"),
        ("interval", ("10.1", "1e-3", "1.", "inf", "\u0661"), "a number from 0 to 10 with at most"),
    ],
)
def test_bad_input(name: str, values: tuple[str, ...], bounds: str) -> None:
    """Anything out of its grammar or bounds is a 400 that names the parameter and the bounds."""
    for value in values:
        with pytest.raises(HttpError, match=f"{name} must be {bounds}") as error:
            read_timetable(f"{name}={quote(value)}".encode())
        assert error.value.status == 400
    with pytest.raises(HttpError, match=f"{name} must be given at most once"):
        read_timetable(f"{name}=1&{name}=1".encode())
