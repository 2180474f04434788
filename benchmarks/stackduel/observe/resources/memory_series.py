"""Samples over time whose number stays bounded in a run of any length."""

from __future__ import annotations

from stackduel.model.trial import Memory

MOST_POINTS = 240


class MemorySeries:
    """The memory of a stack over time; each point is the mean of more and more samples, so the points stay few."""

    def __init__(self) -> None:
        self._each = 1
        self._pending: list[Memory] = []
        self._points: list[Memory] = []

    def add(self, t_s: float, mib: float) -> None:
        """Add a sample."""
        self._pending.append(Memory(t_s, mib))
        if len(self._pending) < self._each:
            return
        self._points.append(_mean(self._pending))
        self._pending = []
        if len(self._points) == MOST_POINTS:
            self._points = [_mean(self._points[at : at + 2]) for at in range(0, MOST_POINTS, 2)]
            self._each *= 2

    def points(self) -> tuple[Memory, ...]:
        """Return the means so far, without the last samples if they do not fill a point."""
        return tuple(self._points)


def _mean(samples: list[Memory]) -> Memory:
    return Memory(
        sum(sample.t_s for sample in samples) / len(samples), sum(sample.mib for sample in samples) / len(samples)
    )
