"""Lengths of time, written and said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.duration import duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("1h2m3s", 3723),
        ("1.5h", 5400),
        ("0", 0),
        ("500ms", 0.5),
        ("1s500ms", 1.5),
        ("90 s", 90),
        (" 90s ", 90),
        ("10 min", 600),
        ("1d", 86_400),
        ("1d12h", 129_600),
        ("2 hours 5 minutes", 7500),
        ("3 DAYS", 259_200),
        ("10M", 600),
    ],
)
def test_lengths_of_time_are_read_as_people_write_them(text: str, seconds: float) -> None:
    """Bare seconds, one unit, or several from the longest to the shortest, with blanks and whole words if one likes."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "h", "-1s", "30m1h", "1m30", "1w", "1e3", ".5", "5.", "nan", "10m\n", "1 0s", "5sm"]
)
def test_anything_else_is_no_length_of_time(text: str) -> None:
    """A wrong order, unknown units, signs and line breaks raise an error that shows the text and right ones."""
    with pytest.raises(
        ValueError, match=f"^{re.escape(repr(text))} is no length of time such as 500ms, 45s, 10m, 1h30m or 1d$"
    ):
        parse_duration(text)


@given(st.integers(0, 100), st.integers(0, 59), st.integers(0, 59))
def test_the_parts_of_a_length_of_time_add_up(hours: int, minutes: int, seconds: int) -> None:
    """Hours, minutes and seconds written beside each other are their sum."""
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == 3600 * hours + 60 * minutes + seconds


@given(st.floats(0, 1e6))
def test_what_is_said_is_the_time_that_it_was_said_of(seconds: float) -> None:
    """Read back without its blanks, it is right to half a second, and from an hour on to the minute."""
    said = parse_duration(duration(seconds).replace(" min", "m").replace(" ", ""))
    assert abs(said - seconds) <= (0.5 if round(seconds) < 3600 else 60)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_rounding_carries_into_the_next_unit(seconds: float, text: str) -> None:
    """Nobody says 60 s or 60 min."""
    assert duration(seconds) == text
