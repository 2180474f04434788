"""The crossover curve of a candidate, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrossoverPoint:
    """A scenario on the curve: what slots and CPU predict of the speedup there, beside what was measured."""

    scenario: str
    wait_s: float
    connections: int
    predicted: float
    measured: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class CrossoverCurve:
    """A candidate's predicted speedups, ``speedups[w][c]`` at ``waits_s[w]`` and ``connections[c]``.

    They are those of a request that takes as much CPU as one of ``scenario``. ``notable_s[c]`` is the shortest wait at
    which the candidate is predicted to be 1.5 times as fast, None where it never is.
    """

    candidate: str
    scenario: str
    waits_s: tuple[float, ...]
    connections: tuple[int, ...]
    speedups: tuple[tuple[float, ...], ...]
    notable_s: tuple[float | None, ...]
    measured: tuple[CrossoverPoint, ...]
