"""A stream's events and their faults, and at which read each was complete."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.streams.event_parser import EventParser
from stackduel.load.streams.expected_stream import ExpectedStream
from stackduel.load.streams.stream_reader import ReadEvents, StreamReader
from tests.stackduel.load.streams.made_streams import event, reads_of

COUNT = 8
VERIFIED = b"".join(event(number, number, 5) for number in range(COUNT))
EXPECTED = ExpectedStream.of(VERIFIED, "body")
FIRST = EventParser().feed(VERIFIED)[0]


def read(numbers: list[int]) -> tuple[StreamReader, ReadEvents]:
    """Return the reader of a stream with these events, one read each, a second apart, that ended."""
    reads = reads_of([(float(at), event(number, number)) for at, number in enumerate(numbers)])
    reader = StreamReader(EXPECTED, None)
    (part,) = reads.take()
    events = reader.read(part)
    reader.end()
    return reader, events


@given(st.permutations(range(COUNT)), st.lists(st.integers(0, COUNT - 1)), st.sets(st.integers(0, COUNT - 1)))
def test_faults_are_those_of_a_plain_count(order: list[int], again: list[int], left_out: set[int]) -> None:
    """Each event counts as doubled if it came before, else as out of order if a later one did; the rest are missing."""
    numbers = [number for number in order if number not in left_out] + [each for each in again if each not in left_out]
    if not numbers:
        return
    reader, events = read(numbers)
    doubled = [at for at, number in enumerate(numbers) if number in numbers[:at]]
    disordered = [
        at for at, number in enumerate(numbers) if number not in numbers[:at] and any(n > number for n in numbers[:at])
    ]
    assert events.doubled_s.tolist() == doubled
    assert events.disordered_s.tolist() == disordered
    assert reader.missing_s.size == len({number for number in range(max(numbers)) if number not in numbers})
    assert reader.is_whole == (max(numbers) == COUNT - 1)
    assert bool(reader.fault) == (numbers != list(range(COUNT)))


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ([0, 1, 1, 2, 3, 4, 5, 6, 7], "event 2 came twice"),
        ([0, 2, 1, 3, 4, 5, 6, 7], "event 2 came after event 3"),
        ([0, 1, 2, 3, 5, 6, 7], "event 5 did not come"),
        ([0, 1, 2], "it ended after 3 of 8 events"),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], "event 9 is none of those of the verified answer"),
    ],
)
def test_the_first_fault_is_said(numbers: list[int], fault: str) -> None:
    """A sentence says what is wrong, with events counted from 1."""
    assert read(numbers)[0].fault == fault


def test_other_data_is_wrong_but_another_moment_is_not() -> None:
    """An event may have been made at another moment than the verified one, in more digits too; all else counts."""
    assert EXPECTED.agrees(FIRST._replace(data=b'{"due_ns":0,"made_ns":123,"pad":"xx"}'), 0)
    assert EXPECTED.agrees(FIRST._replace(data=b'{"due_ns":0,"made_ns":12,"pad":"x"}'), 0)
    assert not EXPECTED.agrees(FIRST._replace(data=b'{"due_ns":1,"made_ns":5,"pad":"xx"}'), 0)
    assert not EXPECTED.agrees(FIRST._replace(data=b'{"due_ns":0,"made_ns":5,"pad":"yy"}'), 0)
    assert not EXPECTED.agrees(FIRST._replace(data=b"[DONE]"), 0)


def test_the_length_is_the_number_of_events() -> None:
    """With check = "length" any data is right; ids that count tell the order, others tell nothing."""
    counted = ExpectedStream.of(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n", "length")
    assert counted.places == {b"1": 0, b"2": 1}
    assert counted.count == 2
    assert counted.data is None
    assert ExpectedStream.of(b"id: ab\ndata: a\n\nid: cd\ndata: b\n\n", "length").places == {}
    assert ExpectedStream.of(b"data: a\n\n", "status") == ExpectedStream({}, None, None)


@given(st.lists(st.integers(0, len(VERIFIED)), max_size=12), st.lists(st.booleans(), min_size=14, max_size=14))
def test_each_event_belongs_to_the_read_that_completed_it(cuts: list[int], taken: list[bool]) -> None:
    """However a body is cut, and wherever it is parsed in between, each event has the moment of the right read."""
    places = [0, *sorted(cuts), len(VERIFIED)]
    pieces = [VERIFIED[first:last] for first, last in pairwise(places)]
    ends = [VERIFIED.index(b"\n\n", VERIFIED.index(b"id: %d\n" % number)) + 2 for number in range(COUNT)]
    right = [next(at for at, place in enumerate(places[1:]) if place >= end) for end in ends]
    reader, found = StreamReader(EXPECTED, 100.0), []
    reads = reads_of([(0.0, pieces[0])])
    for at, piece in enumerate(pieces[1:], 1):
        if taken[at]:
            found += [reader.read(part) for part in reads.take()]
        reads.moments_s.append(float(at))
        reads.marks.append(len(reads.pieces))
        reads.pieces += [piece] if piece else []
    found += [reader.read(part) for part in reads.take()]
    assert np.concatenate([each.read_s for each in found]).tolist() == right
    assert sum(int(each.sizes.sum()) for each in found) == COUNT
    before = np.concatenate([each.before_s for each in found])
    assert np.isnan(before[0])
    assert before[1:].tolist() == right[:-1]
    assert np.concatenate([each.due_s for each in found]) == pytest.approx([100 + n / 1e9 for n in range(COUNT)])
    assert reader.fault == ""
    assert reader.is_whole
    assert reader.first_s == right[0]
