"""Candidates for advice: stacks with their migration and their comparison in every scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from stackduel.model.comparison import Comparison

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Migration:
    """The move to a stack: its migration tier and a summary, such as "Stay on Flask, use gevent"."""

    tier: str
    summary: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stack with its comparison in every scenario; the lower its ``rank``, the cheaper the change.

    Over several scenarios its figures are geometric means. The means of the bounds enclose the true mean speedup
    whenever every interval encloses its own truth, so their confidence is that of all intervals together. They are
    wider than necessary.
    """

    stack: str
    change: Migration
    rank: int
    comparisons: Mapping[str, Comparison]

    @property
    def speedup(self) -> float:
        """The speedup over the baseline; above 1 the candidate is better."""
        return geometric_mean(each.speedup for each in self.comparisons.values())

    @property
    def low(self) -> float:
        """The lower bound of ``speedup``."""
        return geometric_mean(each.low or each.speedup for each in self.comparisons.values())

    @property
    def high(self) -> float:
        """The upper bound of ``speedup``."""
        return geometric_mean(each.high or each.speedup for each in self.comparisons.values())

    @property
    def verdicts(self) -> frozenset[str]:
        """The verdicts of all scenarios."""
        return frozenset(each.verdict for each in self.comparisons.values())

    @property
    def figures(self) -> str:
        """The speedup as text, such as ``6.0x (5.8-6.2)``."""
        return times(self.speedup, self.low, self.high)


def candidates_of(
    comparisons: Sequence[Comparison], changes: Mapping[str, Migration], ranks: Mapping[str, int]
) -> list[Candidate]:
    """Return the stacks that are not controls and were tested in every scenario of the comparisons.

    Raises KeyError on a candidate without a change or a tier without a rank.
    """
    tested: dict[str, dict[str, Comparison]] = {}
    for each in comparisons:
        if changes[each.candidate].tier != CONTROL and each.verdict != "not tested":
            tested.setdefault(each.candidate, {})[each.scenario] = each
    scenarios = set(scenarios_of(comparisons))
    return [
        Candidate(stack, changes[stack], ranks[changes[stack].tier], by_scenario)
        for stack, by_scenario in tested.items()
        if by_scenario.keys() == scenarios
    ]


def scenarios_of(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the scenarios of the comparisons, in order."""
    return list(dict.fromkeys(each.scenario for each in comparisons))


def times(speedup: float, low: float, high: float) -> str:
    """Return a speedup and its interval with the same number of digits: ``6.0x (5.8-6.2)``."""
    digits = 2 if speedup < 2 else 1 if speedup < 100 else 0
    return f"{speedup:.{digits}f}x ({low:.{digits}f}-{high:.{digits}f})"
