"""The metrics of a comparison of two runs, for its conditions."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.conditions.conditions import Conditions, checked
from stackduel.analysis.conditions.metrics import BETWEEN_RUNS, Dimension, MetricValue, Missing
from stackduel.analysis.conditions.run_metrics import RunMetrics, scope_of
from stackduel.analysis.history.changes import RunComparison, StackChange
from stackduel.model.run import Run


@dataclass(frozen=True, slots=True)
class ComparisonMetrics:
    """The metrics ``ratio`` and ``raw``; all other metrics are those of the new run."""

    comparison: RunComparison
    new: RunMetrics

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        """Return a metric of a stack in a scenario, or why it is missing."""
        if name not in {"ratio", "raw"}:
            return self.new.value(name, stack, scenario, dimension)
        change = next(
            (each for each in self.comparison.changes if (each.scenario, each.stack) == (scenario, stack)), None
        )
        if change is None:
            return Missing("not measured in the same way in both runs")
        return _raw(change) if name == "raw" else _ratio(change)


def conditions_between(texts: tuple[str, ...], new: Run) -> Conditions:
    """Return the conditions on a comparison with the new run; raise FieldError where one does not fit."""
    tiers = {name: facts.tier for name, facts in new.stacks.items()}
    return checked(texts, scope_of(new.suite, tiers, new.baseline, BETWEEN_RUNS))


def _ratio(change: StackChange) -> MetricValue | Missing:
    ratio = change.ratio
    if ratio is None:
        return Missing("the runs have no measured baseline in common: ask for raw instead")
    return MetricValue(ratio.value, ratio.low, ratio.high, change.noisy)


def _raw(change: StackChange) -> MetricValue:
    return MetricValue(change.raw.value, change.raw.low, change.raw.high, change.noisy)
