"""Whether a server has warmed up: whether it takes as long now as it did just before."""

from __future__ import annotations

from collections import deque

# Windows in a row that must agree, within which share, and how much each must hold.
WINDOWS = 3
WITHIN = 0.05
SHORTEST_WINDOW_S = 0.2
FEWEST_ANSWERS = 20


class Stability:
    """Compares the mean latencies of windows of answers, one after another.

    Not their rates: those of requests that wait in step jump with how many steps fall into a window. A window goes on
    until it holds as many answers as there are requests in flight, so that none sees only the quick ones.
    """

    def __init__(self, begun_s: float, answers: int, latency_s: float) -> None:
        self._begun = (begun_s, answers, latency_s)
        self._means_s: deque[float] = deque(maxlen=WINDOWS)

    def reached(self, now_s: float, answers: int, latency_s: float, in_flight: int) -> bool:
        """Whether the last windows agree, by all right answers so far, the sum of their latencies, and what waits."""
        begun_s, answers_before, latency_before_s = self._begun
        held = answers - answers_before
        if now_s - begun_s >= SHORTEST_WINDOW_S and held >= max(FEWEST_ANSWERS, in_flight):
            self._means_s.append((latency_s - latency_before_s) / held)
            self._begun = (now_s, answers, latency_s)
        if len(self._means_s) < WINDOWS:
            return False
        return max(self._means_s) <= (1 + WITHIN) * min(self._means_s)
