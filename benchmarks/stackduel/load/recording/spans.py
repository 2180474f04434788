"""The histograms of what right answers told of where their time went."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from stackduel.load.recording.server_timing import MOST_NAMES, OUTSIDE, TOTAL, spans_ns
from stackduel.model.histogram import Histogram

# So many answers are taken apart only once the window is closed: on cores that it shares with the server, the
# generator would otherwise take time from what it measures. Beyond them each batch is, lest the end take seconds.
MOST_KEPT = 5_000


class Spans:
    """Each name has a histogram, and so has how much of each latency lay outside of all that was told."""

    def __init__(self) -> None:
        self._kept: list[tuple[bytes, int]] = []
        self._found: dict[str, Histogram] = {}

    def add(self, told: Iterable[bytes], latencies_ns: NDArray[np.int64]) -> None:
        """Take what some answers told, and how long each of them took."""
        more = list(zip(told, latencies_ns.tolist(), strict=True))
        room = MOST_KEPT - len(self._kept)
        self._kept += more[:room]
        self._enter(more[room:])

    def found(self) -> dict[str, Histogram]:
        """The histograms by name, of all that was taken."""
        kept, self._kept = self._kept, []
        self._enter(kept)
        return self._found

    def _enter(self, answers: Iterable[tuple[bytes, int]]) -> None:
        values_ns: dict[str, list[int]] = {}
        for told, latency_ns in answers:
            of_one = spans_ns(told)
            if TOTAL in of_one:
                of_one[OUTSIDE] = max(0, latency_ns - of_one[TOTAL])
            for name, span_ns in of_one.items():
                values_ns.setdefault(name, []).append(span_ns)
        for name, values in values_ns.items():
            if name in self._found or len(self._found) < MOST_NAMES:
                known = self._found.get(name, Histogram.empty())
                self._found[name] = known + Histogram.of(np.array(values, np.int64))
