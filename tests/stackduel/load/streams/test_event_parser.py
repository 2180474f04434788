"""Events come out of a body the same way however it was cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.streams.event_parser import BOM, Event, EventParser

# Small pieces of all that the format knows, so that most texts have events, and every rule meets every other.
TOKENS = (
    b"data", b"id", b"event", b"retry", b":", b" ", b"\r", b"\n", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n", b"7", b"x",
    b"\0", b"\xc3\xa9", b"\xff", BOM, b"data: x\n\n", b"data\n\n", b"id: 7\n", b": heartbeat\n\n",
)  # fmt: skip
BODIES = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)


def parsed(*pieces: bytes) -> list[Event]:
    """Return the events of a body that came in these pieces."""
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


def by_the_standard(body: bytes) -> list[tuple[bytes, bytes | None, bytes | None]]:
    """Return data, id and type of each event, by the standard's own steps over the whole body."""
    events: list[tuple[bytes, bytes | None, bytes | None]] = []
    data, own_id, name = b"", None, None
    *lines, _unfinished = re.split(rb"\r\n|\r|\n", body.removeprefix(BOM))
    for line in lines:
        field, colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                events.append((data.removesuffix(b"\n"), own_id, name))
            data, own_id, name = b"", None, None
        elif field == b"data":
            data += value + b"\n"
        elif field == b"id" and b"\0" not in value:
            own_id = value
        elif field == b"event":
            name = value
        else:
            assert colon or field not in {b"data", b"event"}
    return events


@given(BODIES)
def test_whole_bodies_are_read_by_the_standard(body: bytes) -> None:
    """Data, ids and types are those of the standard's own steps."""
    assert [event[:3] for event in parsed(body)] == by_the_standard(body)


@given(BODIES)
def test_every_cut_in_two_gives_the_same_events(body: bytes) -> None:
    """Wherever a body is cut in two, its events are the same, and complete at the same bytes."""
    whole = parsed(body)
    for place in range(len(body) + 1):
        assert parsed(body[:place], body[place:]) == whole


@given(BODIES, st.lists(st.integers(0, 200)))
def test_many_cuts_give_the_same_events(body: bytes, places: list[int]) -> None:
    """So they are in any number of pieces, empty ones too, and byte by byte."""
    cuts = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    assert parsed(*(body[first:last] for first, last in pairwise(cuts))) == parsed(body)
    assert parsed(*(body[place : place + 1] for place in range(len(body)))) == parsed(body)


@given(BODIES, st.integers(0, 200))
def test_comments_are_counted_where_they_end(body: bytes, place: int) -> None:
    """However a body is cut, its comments are those lines that begin with a colon, each with the end of its line."""
    ends, at = [], len(BOM) if body.startswith(BOM) else 0
    for line in body[at:].splitlines(keepends=True):
        at += len(line)
        if line.startswith(b":") and line.endswith((b"\r", b"\n")):
            ends.append(at - line.endswith(b"\r\n"))
    parser = EventParser()
    parser.feed(body[:place])
    parser.feed(body[place:])
    assert list(parser.comment_ends) == ends


@given(BODIES)
def test_an_event_is_complete_at_its_end_and_not_before(body: bytes) -> None:
    """The body up to an event's end has this event, and one byte less does not have it."""
    for number, event in enumerate(parsed(body), 1):
        assert len(parsed(body[: event.end])) == number
        assert len(parsed(body[: event.end - 1])) == number - 1


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
def test_the_standards_examples(newline: bytes) -> None:
    """Comments, several lines of data, empty data, no space or two after the colon, and an event that never ends."""
    lines = [
        b": a comment", b"", b"data: YHOO", b"data: +2", b"data: 10", b"", b"data", b"", b"data", b"data", b"",
        b"data:test", b"", b"data:  test", b"id: 1", b"event: add", b"", b"id", b"data: x", b"", b"retry: 250", b"",
        b"data: cut",
    ]  # fmt: skip
    assert [event[:3] for event in parsed(newline.join(lines))] == [
        (b"YHOO\n+2\n10", None, None),
        (b"", None, None),
        (b"\n", None, None),
        (b"test", None, None),
        (b" test", b"1", b"add"),
        (b"x", b"", None),
    ]


def test_the_time_to_reconnect_is_a_number() -> None:
    """Only digits are a time, and no more of them than a time has."""
    parser = EventParser()
    parser.feed(b"retry: soon\nretry: 1.5\nretry: %s\n" % (b"9" * 5000))
    assert parser.retry_ms is None
    parser.feed(b"retry: 2500\n")
    assert parser.retry_ms == 2500
