"""The names that a condition on a run may use, checked before anything is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackduel.analysis.conditions.condition import Condition, ConditionError, MetricTerm, Name, Quantity, Side
from stackduel.analysis.conditions.metrics import UNITS, WRITTEN, Dimension, MetricKind
from stackduel.model.similar import did_you_mean

SHOWN = 8


@dataclass(frozen=True, slots=True)
class MetricScope:
    """The names that a condition may use: metrics, stacks (the twin among them) and scenarios.

    ``usual`` are the stacks that a metric without a stack asks about: neither twins nor controls. ``streams`` are the
    scenarios whose answers are event streams.
    """

    metrics: Mapping[str, MetricKind]
    stacks: tuple[str, ...]
    scenarios: tuple[str, ...]
    baseline: str
    usual: tuple[str, ...]
    streams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionSubject:
    """The stack and the scenario that a metric asks about; None for all of them."""

    stack: str | None
    scenario: str | None


def check(condition: Condition, scope: MetricScope) -> None:
    """Raise ConditionError where the condition names what the run does not have, or compares unlike things."""
    for metric in condition.metrics:
        _check_metric(metric, scope, condition.text)
    dimension_of(condition, scope)


def dimension_of(condition: Condition, scope: MetricScope) -> Dimension:
    """Return the dimension that the two sides share; raise ConditionError where there is none."""
    sides = (condition.left, condition.right)
    left, right = (_dimensions(side, scope) for side in sides)
    shared = [each for each in left if each in right]
    if shared:
        return shared[0]
    for side, other in (sides, sides[::-1]):
        if isinstance(side, Quantity) and isinstance(other, MetricTerm):
            examples = " or ".join(WRITTEN[each] for each in _dimensions(other, scope))
            raise ConditionError(condition.text, side.span, f"{other.name} is not measured in {side}: write {examples}")
    problem = f"{condition.left} and {condition.right} are measured in different units"
    raise ConditionError(condition.text, condition.span, problem)


def subject_of(metric: MetricTerm, scope: MetricScope) -> ConditionSubject:
    """Return the subject of a checked metric: of two names the stack comes first, one alone may be either."""
    match [name.text for name in metric.names]:
        case []:
            return ConditionSubject(None, None)
        case [only]:
            return ConditionSubject(only, None) if only in scope.stacks else ConditionSubject(None, only)
        case [stack, scenario]:
            return ConditionSubject(stack, scenario)
    raise AssertionError(metric)


def _check_metric(metric: MetricTerm, scope: MetricScope, text: str) -> None:
    kind = scope.metrics.get(metric.name)
    if kind is None:
        raise ConditionError(text, metric.span, f"unknown metric '{metric.name}'{_known(metric.name, scope.metrics)}")
    if metric.part and not kind.bounded:
        raise ConditionError(text, metric.span, f"{metric.name} has no interval, so no .{metric.part}")
    if kind.of_streams and not scope.streams:
        raise ConditionError(text, metric.span, f"{metric.name} is of event streams, and this run has none")
    match metric.names:
        case [_, _, third, *_]:
            raise ConditionError(text, third.span, f"{metric.name} takes at most a stack and a scenario")
        case [only] if only.text not in scope.scenarios:
            _check_name(only, "stack or scenario", scope.stacks, (*scope.stacks, *scope.scenarios), text)
        case [stack, scenario]:
            _check_name(stack, "stack", scope.stacks, scope.stacks, text)
            _check_name(scenario, "scenario", scope.scenarios, scope.scenarios, text)
    asked = subject_of(metric, scope)
    if kind.of_streams and asked.scenario is not None and asked.scenario not in scope.streams:
        problem = f"the answers of {asked.scenario} are no event streams, so it has no {metric.name}"
        raise ConditionError(text, metric.names[-1].span, problem)
    if kind.candidates and asked.stack == scope.baseline:
        problem = f"{scope.baseline} is the baseline: {metric.name} compares the other stacks with it"
        raise ConditionError(text, metric.names[0].span, problem)


def _check_name(name: Name, noun: str, allowed: Iterable[str], known: Iterable[str], text: str) -> None:
    if name.text not in allowed:
        raise ConditionError(text, name.span, f"this run has no {noun} '{name.text}'{_known(name.text, known)}")


def _known(name: str, known: Iterable[str]) -> str:
    names = list(known)
    if close := did_you_mean(name, names):
        return close
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f": choose from {', '.join(names[:SHOWN])}{more}"


def _dimensions(side: Side, scope: MetricScope) -> tuple[Dimension, ...]:
    if isinstance(side, MetricTerm):
        return scope.metrics[side.name].dimensions
    return tuple(UNITS[side.unit][0])
