"""When requests came: counted by the second, and the busiest minutes of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from stackduel.analysis.statistics.dispersion import index_of_dispersion, is_poisson
from stackduel.model.hdr import Integers
from stackduel.traffic.recording import BusiestMinutes

MINUTE_S = 60
BUSIEST_MINUTES = 10
# Of a longer log the quietest minutes are forgotten.
MOST_MINUTES = 20_000
# Fewer seconds or requests say nothing about their dispersion.
FEWEST_SECONDS = 60
FEWEST_REQUESTS = 100


class ArrivalCounts:
    """Counts requests by the second in which they were logged, in any order."""

    def __init__(self) -> None:
        self._minutes: dict[int, array[int]] = {}
        self.first_s: int | None = None
        self.last_s: int | None = None

    def add(self, moment_s: int) -> None:
        """Count a request, in whole seconds since 1970."""
        minute, second = divmod(moment_s, MINUTE_S)
        if minute not in self._minutes:
            if len(self._minutes) >= MOST_MINUTES:
                self._forget_quiet_minutes()
            self._minutes[minute] = array("L", bytes(array("L").itemsize * MINUTE_S))
        self._minutes[minute][second] += 1
        self.first_s = moment_s if self.first_s is None else min(self.first_s, moment_s)
        self.last_s = moment_s if self.last_s is None else max(self.last_s, moment_s)

    def busiest(self) -> BusiestMinutes | None:
        """Return the ten minutes in a row with the most requests, or all of a shorter log; None without requests."""
        if self.first_s is None or self.last_s is None:
            return None
        window_s = min(BUSIEST_MINUTES * MINUTE_S, self.last_s - self.first_s + 1)
        seconds, counts = self._occupied()
        sums = np.concatenate([[0], np.cumsum(counts)])
        # No window has more requests than one that begins with one of them.
        within = sums[np.searchsorted(seconds, seconds + window_s)] - sums[:-1]
        start_s = min(int(seconds[within.argmax()]), self.last_s + 1 - window_s)
        in_window = (seconds >= start_s) & (seconds < start_s + window_s)
        each = np.zeros(window_s, dtype=np.int64)
        each[seconds[in_window] - start_s] = counts[in_window]
        return _window(start_s, each.tolist())

    def _occupied(self) -> tuple[Integers, Integers]:
        """Return the seconds that had requests, in order, and how many each had."""
        minutes = sorted(self._minutes)
        counts = np.concatenate([self._minutes[minute] for minute in minutes]).astype(np.int64)
        seconds = (np.array(minutes)[:, None] * MINUTE_S + np.arange(MINUTE_S)).ravel()
        return seconds[counts > 0], counts[counts > 0]

    def _forget_quiet_minutes(self) -> None:
        kept = sorted(self._minutes, key=lambda minute: sum(self._minutes[minute]))[MOST_MINUTES // 2 :]
        self._minutes = {minute: self._minutes[minute] for minute in sorted(kept)}


def _window(start_s: int, counts: Sequence[int]) -> BusiestMinutes:
    requests = sum(counts)
    if len(counts) < FEWEST_SECONDS or requests < FEWEST_REQUESTS:
        return BusiestMinutes(start_s, len(counts), requests, None, is_poisson=True)
    return BusiestMinutes(start_s, len(counts), requests, index_of_dispersion(counts), is_poisson(counts))
