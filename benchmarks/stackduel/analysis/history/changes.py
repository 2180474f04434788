"""What became of stacks from one run to another."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.comparison import Verdict
from stackduel.model.suite import Metric


@dataclass(frozen=True, slots=True)
class Ratio:
    """New over old, above 1 is better, and between which bounds it lies; None where too few blocks tell."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class StackChange:
    """What became of one stack in one scenario.

    ``old`` and ``new`` are the medians of its blocks: requests a second, or milliseconds where ``metric`` is time.
    ``ratio`` is that of its speedups, None for the baseline and where the runs have different ones; ``raw`` that of its
    scores, the host's part included. Within ``margin`` is no difference.
    """

    scenario: str
    stack: str
    metric: Metric
    old: float
    new: float
    ratio: Ratio | None
    raw: Ratio
    verdict: Verdict
    margin: float | None
    noisy: bool
    old_blocks: int
    new_blocks: int


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs beside each other: ``differences`` of how they were measured, ``notes``, and what changed.

    ``baseline`` is None where the runs have not the same one. ``confidence`` is that of all intervals of ``ratio``
    together, and of all of ``raw`` together.
    """

    old: str
    new: str
    baseline: str | None
    confidence: float
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[StackChange, ...]
