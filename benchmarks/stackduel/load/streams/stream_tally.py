"""The figures of many streams, added up stream by stream."""

from __future__ import annotations

from collections import Counter
from math import inf

import numpy as np
from numpy.typing import NDArray

from stackduel.load.streams.stream_reader import ReadEvents, StreamReader
from stackduel.model.histogram import Histogram, Seconds
from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.stream_figures import STALL, TIMES, StreamFigures

# Small enough to hold, and large enough that sorting them into a histogram costs little for each.
FOLDED_AT_ONCE = 50_000


class Times:
    """A histogram that takes times by the batch."""

    def __init__(self) -> None:
        self._kept: list[Seconds] = []
        self._count = 0
        self._histogram = Histogram.empty()

    def add(self, times_s: Seconds) -> None:
        """Add times in seconds."""
        self._kept.append(times_s)
        self._count += times_s.size
        if self._count >= FOLDED_AT_ONCE:
            self.histogram()

    def histogram(self) -> Histogram:
        """Return the histogram of all times so far."""
        times_s = np.concatenate([*self._kept, np.zeros(0)])
        self._histogram += Histogram.of(np.rint(times_s * 1e9).astype(np.int64))
        self._kept, self._count = [], 0
        return self._histogram


class StreamTally:
    """Adds up what happened between two moments of the ``clock``: by default at any time."""

    def __init__(self) -> None:
        self._window_s = -inf, inf
        self._counts: Counter[str] = Counter()
        self._cut_short: Counter[int] = Counter()
        self._reads: Counter[int] = Counter()
        self._times = {name: Times() for name in TIMES}
        self._bands: dict[int, Times] = {}

    def between(self, opened_s: float, closed_s: float) -> None:
        """Add up what happens between these moments from now on."""
        self._window_s = opened_s, closed_s

    def open(self, first_s: float) -> None:
        """Count a stream whose first byte came at that moment."""
        self._counts["opened"] += int(self._is_in(first_s))

    def add(self, events: ReadEvents) -> None:
        """Add events of one stream."""
        counts, inside = self._counts, self._inside(events.read_s)
        read_s, due_s, made_s = events.read_s[inside], events.due_s[inside], events.made_s[inside]
        counts["events"] += read_s.size
        counts["doubled"] += int(np.count_nonzero(self._inside(events.doubled_s)))
        counts["out_of_order"] += int(np.count_nonzero(self._inside(events.disordered_s)))
        counts["wrong"] += int(np.count_nonzero(self._inside(events.wrong_s)))
        counts["heartbeats"] += int(np.count_nonzero(self._inside(events.heartbeats_s)))
        self._reads.update(events.sizes[self._inside(events.sizes_s)].tolist())
        gap_s, interval_s = read_s - events.before_s[inside], due_s - events.due_before_s[inside]
        self._times["gap"].add(_known(gap_s))
        # Comparisons with what is not a number are false.
        counts["paced"] += int(np.count_nonzero((interval_s > 0) & (gap_s >= 0)))
        counts["stalls"] += int(np.count_nonzero((interval_s > 0) & (gap_s > STALL * interval_s)))
        timed = ~np.isnan(due_s)
        added_s, made_late_s, way_s = ((b - a)[timed] for a, b in ((due_s, read_s), (due_s, made_s), (made_s, read_s)))
        counts["early"] += int(np.count_nonzero((added_s < 0) | (made_late_s < 0) | (way_s < 0)))
        for name, values_s in (("added", added_s), ("made_late", made_late_s), ("way", way_s)):
            self._times[name].add(np.maximum(values_s, 0.0))
        self._add_by_number(np.maximum(added_s, 0.0), events.first + np.flatnonzero(inside)[timed])

    def finish(self, reader: StreamReader, from_s: float) -> None:
        """Add what is known of a stream once no more of it counts: its first event, and those that did not come."""
        if self._is_in(reader.first_s):
            self._times["ttft"].add(np.array([max(0.0, reader.first_s - from_s)]))
        self._counts["missing"] += int(np.count_nonzero(self._inside(reader.missing_s)))

    def complete(self, reader: StreamReader) -> None:
        """Count a stream that came to its end."""
        counts = self._counts
        counts["completed"] += 1
        self._times["per_event"].add(_known(np.array([reader.per_token_s])))
        if reader.told_tokens is not None:
            counts["told"] += 1
            counts["told_tokens"] += reader.told_tokens
            counts["told_events"] += reader.count

    def keep(self, reader: StreamReader, from_s: float, bounds: StreamBounds) -> None:
        """Count a stream that came to a right end, if it kept the bounds."""
        self._counts["kept"] += bounds.kept_by(reader.first_s - from_s, reader.per_token_s)

    def cut(self, events: int) -> None:
        """Count a stream that ended after so many events, and should have gone on."""
        self._cut_short[events] += 1

    def figures(self) -> StreamFigures:
        """Return what was added up."""
        counts = self._counts
        return StreamFigures(
            opened=counts["opened"],
            completed=counts["completed"],
            cut_short=dict(self._cut_short),
            events=counts["events"],
            out_of_order=counts["out_of_order"],
            missing=counts["missing"],
            doubled=counts["doubled"],
            wrong=counts["wrong"],
            early=counts["early"],
            paced=counts["paced"],
            stalls=counts["stalls"],
            told=counts["told"],
            told_tokens=counts["told_tokens"],
            told_events=counts["told_events"],
            kept=counts["kept"],
            heartbeats=counts["heartbeats"],
            reads=dict(self._reads),
            **{name: times.histogram() for name, times in self._times.items()},
            added_by_number={band: self._bands[band].histogram() for band in sorted(self._bands)},
        )

    def _add_by_number(self, added_s: Seconds, numbers: NDArray[np.int64]) -> None:
        """Add delays to the bands of their events' numbers."""
        bands = 1 << np.ceil(np.log2(numbers)).astype(np.int64)
        for band in np.unique(bands).tolist():
            self._bands.setdefault(band, Times()).add(added_s[bands == band])

    def _inside(self, moments_s: Seconds) -> NDArray[np.bool_]:
        opened_s, closed_s = self._window_s
        inside: NDArray[np.bool_] = (moments_s >= opened_s) & (moments_s <= closed_s)
        return inside

    def _is_in(self, moment_s: float) -> bool:
        opened_s, closed_s = self._window_s
        return opened_s <= moment_s <= closed_s


def _known(times_s: Seconds) -> Seconds:
    return times_s[~np.isnan(times_s)]
