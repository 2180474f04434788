"""The test whether a server has warmed up: its latencies do not change any more."""

from __future__ import annotations

from collections import deque

# The number of successive windows that must agree, their tolerance, and the least content of each.
WINDOWS = 3
WITHIN = 0.05
SHORTEST_WINDOW_S = 0.2
FEWEST_ANSWERS = 20


class Stability:
    """Compares the mean latencies of windows of answers, one after another.

    Not their rates: if requests wait in step, rates jump with the number of steps in a window. A window lasts
    until it holds as many answers as there are requests in flight, so that no window holds only quick answers.
    """

    def __init__(self, begun_s: float, answers: int, latency_s: float) -> None:
        self._begun = (begun_s, answers, latency_s)
        self._means_s: deque[float] = deque(maxlen=WINDOWS)

    def reached(self, now_s: float, answers: int, latency_s: float, in_flight: int) -> bool:
        """Return whether the last windows agree, by right answers so far, their summed latency, and those in flight."""
        begun_s, answers_before, latency_before_s = self._begun
        held = answers - answers_before
        if now_s - begun_s >= SHORTEST_WINDOW_S and held >= max(FEWEST_ANSWERS, in_flight):
            self._means_s.append((latency_s - latency_before_s) / held)
            self._begun = (now_s, answers, latency_s)
        if len(self._means_s) < WINDOWS:
            return False
        return max(self._means_s) <= (1 + WITHIN) * min(self._means_s)
