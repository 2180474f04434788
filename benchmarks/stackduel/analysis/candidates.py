"""Candidates for advice: stacks with their migration and their comparison in every scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.mean_speedup import MeanSpeedup
from stackduel.model.comparison import Comparison

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Migration:
    """The move to a stack: its migration tier and a summary, such as "Stay on Flask, use gevent"."""

    tier: str
    summary: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stack with its comparison in every scenario and their mean; the lower its ``rank``, the cheaper the change."""

    stack: str
    change: Migration
    rank: int
    comparisons: Mapping[str, Comparison]

    @property
    def mean(self) -> MeanSpeedup:
        """The mean of its speedups."""
        return MeanSpeedup(tuple(self.comparisons.values()))


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
