"""All conditions that a user sets on a run, from their texts to the exit status (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stackduel.analysis.conditions.checking import check
from stackduel.analysis.conditions.grammar import parse
from stackduel.analysis.conditions.metrics import Figures, MetricScope
from stackduel.analysis.conditions.outcome import ConditionResult, judge
from stackduel.analysis.conditions.run_metrics import RunFigures, scope_of
from stackduel.analysis.conditions.search_metrics import FoundFigures
from stackduel.analysis.conditions.syntax_tree import Condition
from stackduel.model.run import Run

CONDITION_MET = 1
UNTOLD = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions that can be asked within a scope; none without one."""

    each: tuple[Condition, ...] = ()
    scope: MetricScope | None = None

    def judged(self, figures: Figures) -> tuple[ConditionResult, ...]:
        """The word on each of them."""
        return () if self.scope is None else tuple(judge(each, self.scope, figures) for each in self.each)


NO_CONDITIONS = Conditions()


def checked(texts: Sequence[str], scope: MetricScope) -> Conditions:
    """The conditions of these texts; raises ConditionError on one that cannot be read, or asked within the scope."""
    conditions = tuple(map(parse, texts))
    for condition in conditions:
        check(condition, scope)
    return Conditions(conditions, scope)


def checked_for(texts: Sequence[str], run: Run) -> Conditions:
    """The conditions on a run, before it is measured or after; raises FieldError where they cannot be asked of it."""
    if not texts:
        return NO_CONDITIONS
    # What cannot be read is told first, whatever kind of run it is.
    for text in texts:
        parse(text)
    tiers = {name: about.tier for name, about in run.stacks.items()}
    return checked(texts, scope_of(run.suite, tiers, run.baseline))


def judged_on(conditions: Conditions, run: Run) -> tuple[ConditionResult, ...]:
    """The word on each condition, by the figures of the run."""
    return conditions.judged(FoundFigures(run) if run.suite.search else RunFigures(run))


def status_with(judged: Iterable[ConditionResult], status: int) -> int:
    """The exit status: 1 where a condition is met, else what the run itself came to, else 2 where one is untold."""
    words = {each.word for each in judged}
    if "met" in words:
        return CONDITION_MET
    return status or (UNTOLD if "untold" in words else 0)
