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
