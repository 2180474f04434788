"""All conditions of a run: from their texts to the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stackduel.analysis.conditions.condition import Condition
from stackduel.analysis.conditions.evaluation import ConditionResult, evaluate
from stackduel.analysis.conditions.metrics import MetricReader
from stackduel.analysis.conditions.reading import parse
from stackduel.analysis.conditions.run_metrics import RunMetrics, scope_of
from stackduel.analysis.conditions.scope import MetricScope, check
from stackduel.analysis.conditions.search_metrics import SearchMetrics
from stackduel.model.run import Run

CONDITION_MET = 1
CONDITION_UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions that were checked for a scope; without a scope there are none."""

    each: tuple[Condition, ...] = ()
    scope: MetricScope | None = None

    def evaluate(self, metrics: MetricReader) -> tuple[ConditionResult, ...]:
        """Evaluate every condition, in order."""
        return () if self.scope is None else tuple(evaluate(each, self.scope, metrics) for each in self.each)

    def evaluate_on(self, run: Run) -> tuple[ConditionResult, ...]:
        """Evaluate every condition with the metrics of the run, in order."""
        return self.evaluate(SearchMetrics(run) if run.suite.search else RunMetrics(run))


NO_CONDITIONS = Conditions()


def checked(texts: Sequence[str], scope: MetricScope) -> Conditions:
    """Return the conditions of the texts; raise ConditionError where one cannot be read or does not fit the scope."""
    conditions = tuple(map(parse, texts))
    for condition in conditions:
        check(condition, scope)
    return Conditions(conditions, scope)


def conditions_for(texts: Sequence[str], run: Run) -> Conditions:
    """Return the conditions on a run, before it is measured or after; raise FieldError where one does not fit."""
    if not texts:
        return NO_CONDITIONS
    tiers = {name: facts.tier for name, facts in run.stacks.items()}
    return checked(texts, scope_of(run.suite, tiers, run.baseline))


def status_with(results: Iterable[ConditionResult], status: int) -> int:
    """Return the exit status: 1 if a condition is met, else the run's own, else 2 if a condition is unknown."""
    states = {each.state for each in results}
    if "met" in states:
        return CONDITION_MET
    return status or (CONDITION_UNKNOWN if "unknown" in states else 0)
