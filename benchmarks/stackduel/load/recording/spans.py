"""Histograms of the server's spans, as the right answers reported them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from stackduel.load.recording.server_timing import MOST_NAMES, OUTSIDE, TOTAL, spans_ns
from stackduel.model.histogram import Histogram

# So many answers are parsed only after the window has closed: on cores shared with the server, the generator would
# otherwise take time from what it measures. Further ones are parsed in each batch, or the end would take seconds.
MOST_KEPT = 5_000


class Spans:
    """One histogram for each span, and one for the part of each latency outside the reported total."""

    def __init__(self) -> None:
        self._kept: list[tuple[bytes, int]] = []
        self._histograms: dict[str, Histogram] = {}

    def add(self, timings: Iterable[bytes], latencies_ns: NDArray[np.int64]) -> None:
        """Add the timing headers and the latencies of some answers."""
        more = list(zip(timings, latencies_ns.tolist(), strict=True))
        room = MOST_KEPT - len(self._kept)
        self._kept += more[:room]
        self._enter(more[room:])

    def histograms(self) -> dict[str, Histogram]:
        """Return the histograms of all answers by name."""
        kept, self._kept = self._kept, []
        self._enter(kept)
        return self._histograms

    def _enter(self, answers: Iterable[tuple[bytes, int]]) -> None:
        values_ns: dict[str, list[int]] = {}
        for timings, latency_ns in answers:
            of_one = spans_ns(timings)
            if TOTAL in of_one:
                of_one[OUTSIDE] = max(0, latency_ns - of_one[TOTAL])
            for name, span_ns in of_one.items():
                values_ns.setdefault(name, []).append(span_ns)
        for name, values in values_ns.items():
            if name in self._histograms or len(self._histograms) < MOST_NAMES:
                known = self._histograms.get(name, Histogram.empty())
                self._histograms[name] = known + Histogram.of(np.array(values, np.int64))
