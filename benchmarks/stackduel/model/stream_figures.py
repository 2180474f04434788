"""The figures of a load's event streams: how they ended, the faults of their events, and the times of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.model.histogram import Histogram


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """The figures of the streams of a window; sums, which add up over shards.

    In a closed loop the ``events`` are those that were read while the window was open, whatever became of their
    streams; in an open one those of the streams planned for the window. ``opened`` streams got their first byte,
    ``completed`` their regular end with all events that were expected, be they faulty; ``cut_short`` ended before, and
    the mapping says after how many events: so many streams. What the window cut off is in neither.

    ``out_of_order`` events came after one that they should precede, ``missing`` ones never came although a later one
    did, ``doubled`` ones had come before, and ``wrong`` ones are not those of the verified answer. ``early`` events
    were read or made before they were due, which counts as no delay. ``reads`` counts the reads that completed events
    by how many they completed. ``stalls`` are the gaps longer than ``STALL`` times the interval in which events were
    due, of the ``paced`` gaps whose interval is known and above 0.

    ``ttft`` is the time to a stream's first event, from the sending of its request (in an open loop: from its planned
    time); ``gap`` that from the read of an event to that of the next; ``per_event`` the mean gap of each stream that
    came to its end: from one token to the next where its server said how many there were. ``told`` streams ended so,
    with ``told_tokens`` in ``told_events``. ``kept`` streams came to a right end within the bounds of the job, none
    where it has none. Of streams with a timetable on the generator's own clock ``added`` is the delay from the moment
    at which an event was due to its read, ``made_late`` the part until the handler made it, and ``way`` the part from
    there to the read; of other streams the three are empty. ``heartbeats`` are the comments that were read.
    ``added_by_number`` are the added delays of the events of each band: its key is the number of its last event, a
    power of two, and the band begins behind the one before.
    """

    opened: int
    completed: int
    cut_short: Mapping[int, int]
    events: int
    out_of_order: int
    missing: int
    doubled: int
    wrong: int
    early: int
    paced: int
    stalls: int
    told: int
    told_tokens: int
    told_events: int
    kept: int
    heartbeats: int
    reads: Mapping[int, int]
    ttft: Histogram
    gap: Histogram
    per_event: Histogram
    added: Histogram
    made_late: Histogram
    way: Histogram
    added_by_number: Mapping[int, Histogram]

    @property
    def merged(self) -> int:
        """The events that came in one read with the one before them."""
        return self.events - sum(self.reads.values())

    @property
    def faulty(self) -> int:
        """The events that were missing, doubled, out of order or wrong."""
        return self.missing + self.doubled + self.out_of_order + self.wrong

    @property
    def cut(self) -> int:
        """The streams that were cut short."""
        return sum(self.cut_short.values())

    @property
    def heartbeats_per_stream(self) -> float | None:
        """The comments read of a stream that began; None where there were none."""
        return self.heartbeats / self.opened if self.heartbeats and self.opened else None

    @property
    def tokens_per_event(self) -> float | None:
        """The tokens of an event as servers count them; None where none said it."""
        return self.told_tokens / self.told_events if self.told_events else None

    @property
    def tokens(self) -> float:
        """The tokens of all events, one for each where no server said how many."""
        return self.events * (self.tokens_per_event or 1.0)

    @staticmethod
    def sum(figures: Iterable[StreamFigures | None]) -> StreamFigures | None:
        """Return the figures of all shards or windows; None where none has any."""
        there = [each for each in figures if each is not None]
        if not there:
            return None
        counts: dict[str, Any] = {name: sum(getattr(each, name) for each in there) for name in COUNTS}
        mappings: dict[str, Any] = {name: _together(getattr(each, name) for each in there) for name in MAPPINGS}
        times: dict[str, Any] = {name: Histogram.sum(getattr(each, name) for each in there) for name in TIMES}
        bands = sorted({band for each in there for band in each.added_by_number})
        return StreamFigures(
            **counts,
            **mappings,
            **times,
            added_by_number={
                band: Histogram.sum(each.added_by_number.get(band, Histogram.empty()) for each in there)
                for band in bands
            },
        )


# Timers of event loops count whole milliseconds: shorter delays are compared as if they were as long as this.
LEAST_DELAY_MS = 1.0
# A gap of so many intervals is a stall.
STALL = 10
COUNTS = (
    *("opened", "completed", "events", "out_of_order", "missing", "doubled", "wrong", "early", "paced", "stalls"),
    *("told", "told_tokens", "told_events", "kept", "heartbeats"),
)
MAPPINGS = ("cut_short", "reads")
TIMES = ("ttft", "gap", "per_event", "added", "made_late", "way")


def _together(mappings: Iterable[Mapping[int, int]]) -> dict[int, int]:
    total: Counter[int] = Counter()
    for each in mappings:
        total.update(each)
    return dict(sorted(total.items()))
