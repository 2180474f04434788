"""A timeline that is filled while a load runs, and stays small however long that takes."""

from __future__ import annotations

from collections import deque
from math import ceil

import numpy as np

from stackduel.load.recording.shard_result import Slice
from stackduel.model.histogram import Histogram, Nanoseconds, Seconds
from stackduel.model.suite import Load

MOST_SLICES = 120
# Live progress covers the last half second, as counts are added ten times a second.
RECENT_TURNS = 5


class Timeline:
    """Completed requests in slices of ``width_s``, which doubles when there would be too many slices."""

    def __init__(self, width_s: float) -> None:
        self._width_s = width_s
        self._slices: dict[int, tuple[int, Histogram]] = {}
        self._recent_ns: deque[Nanoseconds] = deque(maxlen=RECENT_TURNS)

    def add(self, succeeded_s: Seconds, latencies_ns: Nanoseconds, failed_s: Seconds) -> None:
        """Count successes, with their latencies, and failures, at their seconds since the opening."""
        self._recent_ns.append(latencies_ns)
        latest_s = max(succeeded_s.max(initial=0.0), failed_s.max(initial=0.0))
        while latest_s >= MOST_SLICES * self._width_s:
            self._coarsen()
        numbers = (succeeded_s / self._width_s).astype(np.int64)
        for number, _ in _counted(numbers):
            self._put(number, 0, Histogram.of(latencies_ns[numbers == number]))
        for number, failed in _counted((failed_s / self._width_s).astype(np.int64)):
            self._put(number, failed, Histogram.empty())

    def recent_ms(self) -> float | None:
        """The median latency of what was added in the last few turns; None where nothing was."""
        recent_ns = np.concatenate([*self._recent_ns, np.zeros(0, np.int64)])
        return float(np.median(recent_ns)) / 1e6 if recent_ns.size else None

    def latency(self) -> Histogram:
        """The latencies of all successes."""
        return Histogram.sum(latency for _, latency in self._slices.values())

    def slices(self, duration_s: float) -> tuple[Slice, ...]:
        """All slices of a window of that duration, also those in which nothing completed."""
        count = ceil(duration_s / self._width_s - 1e-6)
        if not count:
            return ()
        # What completed in the last instant of the window belongs to its last slice.
        for number in [number for number in self._slices if number >= count]:
            self._put(count - 1, *self._slices.pop(number))
        nothing = (0, Histogram.empty())
        return tuple(
            Slice(number * self._width_s, self._width_s, *self._slices.get(number, nothing)) for number in range(count)
        )

    def _put(self, number: int, failed: int, latency: Histogram) -> None:
        before, known = self._slices.get(number, (0, Histogram.empty()))
        self._slices[number] = (before + failed, known + latency)

    def _coarsen(self) -> None:
        finer, self._slices = self._slices, {}
        self._width_s *= 2
        for number, found in finer.items():
            self._put(number // 2, *found)


def _counted(numbers: Nanoseconds) -> list[tuple[int, int]]:
    """Each of some small numbers, and how often it is there."""
    return [(number, count) for number, count in enumerate(np.bincount(numbers).tolist()) if count]


MOST_WINDOWS = 60


_WIDTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


def window_width_s(load: Load) -> float:
    """How wide the timeline's windows start: at most ``MOST_WINDOWS`` of them cover a known duration."""
    if load.duration_s is None:
        return _WIDTHS_S[0]
    return next((width for width in _WIDTHS_S if load.duration_s <= width * MOST_WINDOWS), _WIDTHS_S[-1])
