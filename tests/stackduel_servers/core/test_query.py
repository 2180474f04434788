"""Reading parameters from a raw query."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core import query
from stackduel_servers.core.errors import HttpError


def test_defaults() -> None:
    """Without parameters, or with only unknown ones, every value is its default."""
    for asked in (b"", b"&&", b"x=1&x=2&y", b"Delay=5"):
        assert (query.delay_s(asked), query.concurrent(asked), query.items(asked)) == (1.0, 1, 100)


@pytest.mark.parametrize(
    ("asked", "delay_s"),
    [
        (b"delay=0", 0.0),
        (b"delay=10", 10.0),
        (b"delay=10.000000000", 10.0),
        (b"delay=0.000000001", 1e-9),
        (b"delay=000010", 10.0),
        (b"x=1&delay=2.5&y=3", 2.5),
        (b"%64%65lay=%30%2E5", 0.5),
    ],
)
def test_numbers(asked: bytes, delay_s: float) -> None:
    """A number within its bounds is accepted in any encoding and at any place."""
    assert query.delay_s(asked) == delay_s


@pytest.mark.parametrize("value", ["0", "101", "1.0", "", "one", "-1", "+1", "1 ", "1e1", "\u0661", "1\n", "9" * 20])
def test_integers_out_of_their_grammar_or_bounds(value: str) -> None:
    """Anything except plain digits within the bounds is a 400 that names the field and the bounds."""
    with pytest.raises(HttpError) as error:
        query.concurrent(f"concurrent={quote(value)}".encode())
    assert (error.value.status, error.value.message) == (400, "concurrent must be an integer from 1 to 100")


def test_a_parameter_given_twice() -> None:
    """A known parameter given twice is an error, even with the same value; an unknown one is not."""
    with pytest.raises(HttpError) as error:
        query.items(b"items=1&%69tems=1")
    assert (error.value.status, error.value.message) == (400, "items must be given at most once")
    assert query.items(b"items=1&delay=x&delay=y") == 1


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4), st.integers(0, 10_000))
def test_what_a_browser_encodes_is_read(pairs: list[tuple[str, str]], items: int) -> None:
    """The parameter is read as the standard library reads it, among any other fields of a form."""
    asked = urlencode([*((name, value) for name, value in pairs if name != "items"), ("items", items)], errors="ignore")
    assert dict(parse_qsl(asked, keep_blank_values=True))["items"] == str(items)
    assert query.items(asked.encode()) == items


@given(st.binary(max_size=12))
def test_any_bytes_are_a_value_or_a_400(value: bytes) -> None:
    """Any bytes are a valid number or a 400; the parser never crashes."""
    decoded = value.split(b"&", maxsplit=1)[0].replace(b"+", b" ")
    plain = re.fullmatch(rb"[0-9]{1,6}(\.[0-9]{1,9})?", decoded) and float(decoded) <= 10 and b"delay=" not in value
    try:
        delay_s = query.delay_s(b"delay=" + value)
    except HttpError:
        assert not plain
    else:
        assert 0 <= delay_s <= 10
        assert plain or b"%" in decoded
