"""A scope and figures made up for tests of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackduel.analysis.conditions.checking import check
from stackduel.analysis.conditions.grammar import parse
from stackduel.analysis.conditions.metrics import OF_A_RUN, Dimension, MetricScope, MetricValue, Missing
from stackduel.analysis.conditions.outcome import ConditionResult, judge

SCOPE = MetricScope(
    figures=OF_A_RUN,
    stacks=("old", "old.twin", "new", "wrong"),
    scenarios=("waiting-10", "waiting-100"),
    baseline="old",
    usual=("old", "new"),
)
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Made:
    """Figures that say what they are told to, and ``otherwise`` of everything else."""

    values: Mapping[Place, MetricValue | Missing] = field(default_factory=dict)
    otherwise: MetricValue | Missing = MetricValue(1)  # noqa: RUF009 - frozen
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        self.asked.append((name, stack, scenario, dimension))
        return self.values.get((name, stack, scenario), self.otherwise)


def judged(text: str, figures: Made, scope: MetricScope = SCOPE) -> ConditionResult:
    """The word on a condition that is read, checked and judged."""
    condition = parse(text)
    check(condition, scope)
    return judge(condition, scope, figures)
