"""A scope and metrics for tests of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackduel.analysis.conditions.evaluation import ConditionResult, evaluate
from stackduel.analysis.conditions.metrics import OF_A_RUN, Dimension, MetricValue, Missing
from stackduel.analysis.conditions.reading import parse
from stackduel.analysis.conditions.scope import MetricScope, check

SCOPE = MetricScope(
    metrics=OF_A_RUN,
    stacks=("old", "old.twin", "new", "wrong"),
    scenarios=("waiting-10", "waiting-100"),
    baseline="old",
    usual=("old", "new"),
    streams=("waiting-100",),
)
Place = tuple[str, str, str]


@dataclass(frozen=True)
class FixedMetrics:
    """Metrics with the values given, and ``otherwise`` for all others."""

    values: Mapping[Place, MetricValue | Missing] = field(default_factory=dict)
    otherwise: MetricValue | Missing = MetricValue(1)  # noqa: RUF009 - frozen
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        self.asked.append((name, stack, scenario, dimension))
        return self.values.get((name, stack, scenario), self.otherwise)


def evaluated(text: str, metrics: FixedMetrics, scope: MetricScope = SCOPE) -> ConditionResult:
    """Read, check and evaluate a condition."""
    condition = parse(text)
    check(condition, scope)
    return evaluate(condition, scope, metrics)
