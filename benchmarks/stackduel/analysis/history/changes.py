"""The changes of stacks from one run to another."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.comparison import Verdict
from stackduel.model.suite import Metric


@dataclass(frozen=True, slots=True)
class Ratio:
    """New over old, above 1 is better, with the bounds of its interval; they are None with too few blocks."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class StackChange:
    """The change of one stack in one scenario.

    ``old`` and ``new`` are the medians of its blocks: requests a second, or milliseconds if ``metric`` is time.
    ``ratio`` compares its speedups; it is None for the baseline, and if the runs have different baselines. ``raw``
    compares its scores and contains the changes of the host. A change within ``margin`` counts as no difference.
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
    """The comparison of two runs: ``differences`` in how they were measured, ``notes``, and the changes of stacks.

    ``baseline`` is None if the runs have different ones. ``confidence`` is that of all ``ratio`` intervals together,
    and that of all ``raw`` intervals together.
    """

    old: str
    new: str
    baseline: str | None
    confidence: float
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[StackChange, ...]
