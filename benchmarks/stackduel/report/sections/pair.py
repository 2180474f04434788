"""Which two stacks of a run a report compares head to head, and why these."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.head_to_head import head_to_heads
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.run import Run


@dataclass(frozen=True, slots=True)
class Pair:
    """Two stacks, and in a few words why these two."""

    first: str
    second: str
    why: str


def pair_of(run: Run) -> Pair | None:
    """Return the suite's own two; else the baseline and the stack advised, the best one, or the untested leader.

    None where nothing was measured beside the baseline.
    """
    if head_to_heads(run.results, run.suite.compared, run.suite.duel):
        first, second = run.suite.duel
        return Pair(first, second, "which the suite compares head to head")
    advice = run.advice.run if run.advice else None
    if advice and advice.stack:
        return Pair(run.baseline, advice.stack, "the baseline and the change advised")
    if advice and advice.best:
        return Pair(run.baseline, advice.best, "the baseline and the best of the candidates, though none is advised")
    ahead = _ahead(run)
    return Pair(run.baseline, ahead, "the baseline and the leader, untested") if ahead else None


def mean_speedup(comparisons: Sequence[Comparison]) -> float:
    """Return the geometric mean of some speedups."""
    return statistics.geometric_mean(each.speedup for each in comparisons)


def _ahead(run: Run) -> str | None:
    """Return the fastest of the stacks compared in the most scenarios; a control only if there are no others."""
    compared: dict[str, list[Comparison]] = {}
    for each in run.comparisons:
        if not is_twin(each.candidate):
            compared.setdefault(each.candidate, []).append(each)

    def rank(stack: str) -> tuple[bool, int, float]:
        comparisons = compared[stack]
        return run.stacks[stack].tier != CONTROL, len(comparisons), mean_speedup(comparisons)

    return max(compared, key=rank, default=None)
