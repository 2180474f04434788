"""The events of one stream with the moments of their reads, and their faults."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from stackduel.load.streams.event_parser import Event
from stackduel.load.streams.expected_stream import ExpectedStream
from stackduel.load.streams.read_part import ReadPart
from stackduel.load.streams.timetable import stamps_of
from stackduel.model.histogram import Seconds


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """Events that came one after another: of each, its read's moment, and when it was due and made.

    The first of them is the stream's ``first``, counted from 1. All moments are ``clock`` seconds; ``due_s`` and
    ``made_s`` are not a number where nobody says them, ``before_s`` and ``due_before_s`` are the moments at which the
    event before was read and due, not a number for the first event of a stream. ``sizes`` has the number of events of
    each read that completed any, ``heartbeats_s`` the moment of each comment. The last three hold the moments of the
    events with that fault.
    """

    first: int
    read_s: Seconds
    before_s: Seconds
    due_s: Seconds
    due_before_s: Seconds
    made_s: Seconds
    sizes: NDArray[np.int64]
    sizes_s: Seconds
    heartbeats_s: Seconds
    doubled_s: Seconds
    disordered_s: Seconds
    wrong_s: Seconds


class StreamReader:
    """Reads one stream from part to part; ``zero_s`` is the zero of its timetable, None without one.

    ``count`` is the number of events so far, ``first_s`` and ``last_s`` the moments of the first and of the last, and
    ``fault`` the first fault in a few words, empty before any.
    """

    def __init__(self, expected: ExpectedStream, zero_s: float | None) -> None:
        self.count = 0
        self.first_s = nan
        self.last_s = nan
        self.fault = ""
        self._expected = expected
        self._zero_s = zero_s
        self._parser = expected.parser()
        self._bytes = 0
        self._last_due_s = nan
        self._next = 0
        # The places passed over whose events did not come yet, and when each was passed.
        self._passed: dict[int, float] = {}
        self._doubled_s: list[float] = []
        self._disordered_s: list[float] = []
        self._wrong_s: list[float] = []

    @property
    def is_whole(self) -> bool:
        """Whether the last of the expected events has come, and the end, where the format has one."""
        return not self._parser.missing_end and self._expected.count in {None, self._next}

    @property
    def told_tokens(self) -> int | None:
        """The number of its tokens as its server counted them, None where it did not say."""
        return self._parser.told_tokens

    @property
    def per_token_s(self) -> float:
        """The mean time from one token to the next; not a number where they all came at once, or there is but one.

        An event may hold several tokens, so the time between events is no time between tokens.
        """
        tokens = self.told_tokens or self.count
        return (self.last_s - self.first_s) / (tokens - 1) if self.count > 1 and tokens > 1 else nan

    @property
    def missing_s(self) -> Seconds:
        """When each event that did not come was passed over."""
        return np.array(list(self._passed.values()))

    def read(self, part: ReadPart) -> ReadEvents:
        """Return the events that a part completes."""
        events = self._parser.feed(part.body)
        places = np.searchsorted(part.ends, [event.end - self._bytes for event in events])
        read_s = part.moments_s[places]
        heartbeats_s = self._heartbeats(part)
        self._bytes += len(part.body)
        due_s, made_s = self._times(events)
        before_s, due_before_s = _shifted(self.last_s, read_s), _shifted(self._last_due_s, due_s)
        first = self.count + 1
        self._follow(events, read_s.tolist())
        if events:
            self.first_s = float(read_s[0]) if self.count == len(events) else self.first_s
            self.last_s, self._last_due_s = float(read_s[-1]), float(due_s[-1])
        sizes = np.bincount(places)
        faults = [np.array(each) for each in (self._doubled_s, self._disordered_s, self._wrong_s)]
        for each in (self._doubled_s, self._disordered_s, self._wrong_s):
            each.clear()
        return ReadEvents(
            first,
            read_s,
            before_s,
            due_s,
            due_before_s,
            made_s,
            sizes[sizes > 0],
            part.moments_s[np.flatnonzero(sizes)],
            heartbeats_s,
            *faults,
        )

    def _heartbeats(self, part: ReadPart) -> Seconds:
        """Return when each comment of a part was read."""
        ends = np.array(self._parser.comment_ends, dtype=np.int64)
        del self._parser.comment_ends[:]
        moments_s: Seconds = part.moments_s[np.searchsorted(part.ends, ends - self._bytes)]
        return moments_s

    def end(self) -> None:
        """Note what is known only at a regular end: events that never came."""
        if self._passed:
            self._note(f"event {min(self._passed) + 1:,} did not come")
        if self._parser.missing_end:
            self._note(f"it ended after {self.count:,} events {self._parser.missing_end}")
        elif not self.is_whole:
            self._note(f"it ended after {self.count:,} of {self._expected.count:,} events")

    def _times(self, events: list[Event]) -> tuple[Seconds, Seconds]:
        """Return when events were due and made, on the generator's clock."""
        if self._zero_s is None:
            unknown = np.full(len(events), nan)
            return unknown, unknown
        stamps = [stamps_of(event.data) for event in events]
        due_ns = np.array([nan if each is None else each.due_ns for each in stamps])
        made_ns = np.array([nan if each is None else each.made_ns for each in stamps])
        return self._zero_s + due_ns / 1e9, self._zero_s + made_ns / 1e9

    def _follow(self, events: list[Event], moments_s: list[float]) -> None:
        """Hold the events to those expected."""
        expected = self._expected
        for event, moment_s in zip(events, moments_s, strict=True):
            place = expected.place_of(event, self.count)
            self.count += 1
            if place is None:
                self._wrong_s.append(moment_s)
                self._note(f"event {self.count:,} is none of those of the verified answer")
                continue
            if place == self._next:
                self._next += 1
            elif place > self._next:
                self._passed |= dict.fromkeys(range(self._next, place), moment_s)
                self._next = place + 1
            elif self._passed.pop(place, None) is None:
                self._doubled_s.append(moment_s)
                self._note(f"event {place + 1:,} came twice")
            else:
                self._disordered_s.append(moment_s)
                self._note(f"event {place + 1:,} came after event {self._next:,}")
            if not expected.agrees(event, place):
                self._wrong_s.append(moment_s)
                self._note(f"event {place + 1:,} is another than when it was verified")

    def _note(self, fault: str) -> None:
        self.fault = self.fault or fault


def _shifted(last: float, values: Seconds) -> Seconds:
    """Return for each value the one before it; before the first one stands ``last``."""
    return np.concatenate(([last], values[:-1])) if values.size else values
