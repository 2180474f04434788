"""Whether a condition is met.

A condition is met when the whole interval of its metric meets it, and unmet when none of it does. In between it is
undecided, which fails nothing: noise is no regression. A condition on noisy trials is undecided,
unless it names a bound. It is unknown where the metric was not measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from stackduel.analysis.conditions.condition import Condition, MetricTerm, Operator, Side
from stackduel.analysis.conditions.metrics import UNITS, Dimension, MetricReader, MetricValue, Missing
from stackduel.analysis.conditions.scope import ConditionSubject, MetricScope, dimension_of, subject_of

ConditionState = Literal["met", "unmet", "undecided", "unknown"]
_SENTENCES: dict[ConditionState, str] = {
    "met": "condition met",
    "unmet": "condition not met",
    "undecided": "condition undecided",
    "unknown": "condition cannot be evaluated",
}
MOST_DETAILS = 3


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """A condition, its state, and the values behind it, each in a part of a sentence."""

    condition: Condition
    state: ConditionState
    details: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The result on one line."""
        more = len(self.details) - MOST_DETAILS
        shown = "; ".join(self.details[:MOST_DETAILS]) + (f"; and {more} more" if more > 0 else "")
        return f"{_SENTENCES[self.state]}: {' '.join(self.condition.text.split())}: {shown}"


@dataclass(frozen=True, slots=True)
class _Operand:
    """The value of one side: its bounds, None where it is missing, and both in words."""

    detail: str
    bounds: tuple[float, float] | None


def evaluate(condition: Condition, scope: MetricScope, metrics: MetricReader) -> ConditionResult:
    """Evaluate a checked condition: where it names no stack or scenario, it is met if one of them meets it."""
    dimension = dimension_of(condition, scope)
    results = []
    for subject in _subjects(condition, scope):
        left, right = (_operand(side, subject, dimension, scope, metrics) for side in (condition.left, condition.right))
        results.append(_compare(left, condition.operator, right))
    states: tuple[ConditionState, ...] = ("met", "unknown", "undecided", "unmet")
    for state in states:
        details = tuple(dict.fromkeys(detail for each, detail in results if each == state))
        if details:
            return ConditionResult(condition, state, details)
    return ConditionResult(condition, "unknown", ("no stack of this run fits: name one",))


def _subjects(condition: Condition, scope: MetricScope) -> Iterator[ConditionSubject]:
    """Yield each stack and scenario to ask for what the condition does not name."""
    named = [subject_of(metric, scope) for metric in condition.metrics]
    compared = any(scope.metrics[metric.name].candidates for metric in condition.metrics)
    stacks = [each for each in scope.usual if not (compared and each == scope.baseline)]
    streams = any(scope.metrics[metric.name].of_streams for metric in condition.metrics)
    scenarios = scope.streams if streams else scope.scenarios
    for stack, scenario in product(
        stacks if any(each.stack is None for each in named) else [""],
        scenarios if any(each.scenario is None for each in named) else [""],
    ):
        yield ConditionSubject(stack, scenario)


def _operand(
    side: Side, subject: ConditionSubject, dimension: Dimension, scope: MetricScope, metrics: MetricReader
) -> _Operand:
    if not isinstance(side, MetricTerm):
        number = side.value * UNITS[side.unit][1]
        return _Operand("", (number, number))
    named = subject_of(side, scope)
    stack, scenario = named.stack or subject.stack or "", named.scenario or subject.scenario or ""
    label = f"{side.name}{f'.{side.part}' if side.part else ''}({stack}, {scenario})"
    value = metrics.value(side.name, stack, scenario, dimension)
    if isinstance(value, Missing):
        return _Operand(f"{label}: {value.reason}", None)
    if side.part in {"low", "high"} and value.low is None:
        return _Operand(f"{label}: too few blocks for an interval", None)
    if value.noisy and side.part is None:
        shown = _shown(value.point, dimension)
        return _Operand(f"{label} is {shown}, from trials kept in spite of the host's noise", (-math.inf, math.inf))
    low, high = _bounds(side, value)
    return _Operand(f"{label} is {_told(value, side, (low, high), dimension)}", (low, high))


def _told(value: MetricValue, side: MetricTerm, bounds: tuple[float, float], dimension: Dimension) -> str:
    """Return a value with its interval, as much as is known of either."""
    low, high = bounds
    if low == high:
        return _shown(low, dimension)
    if value.words and side.part is None:
        return value.words
    if math.isinf(high):
        return f"at least {_shown(low, dimension)}"
    if low == 0:
        return f"at most {_shown(high, dimension)}"
    return f"{_shown(value.point, dimension)} ({_number(low, dimension)} to {_number(high, dimension)})"


def _bounds(side: MetricTerm, value: MetricValue) -> tuple[float, float]:
    if side.part == "point" or value.low is None or value.high is None:
        return value.point, value.point
    if side.part == "low":
        return value.low, value.low
    return (value.high, value.high) if side.part == "high" else (value.low, value.high)


def _compare(left: _Operand, operator: Operator, right: _Operand) -> tuple[ConditionState, str]:
    if left.bounds is None or right.bounds is None:
        return "unknown", "; ".join(dict.fromkeys(each.detail for each in (left, right) if each.bounds is None))
    detail = ", ".join(each.detail for each in (left, right) if each.detail)
    smaller, larger = (left.bounds, right.bounds) if operator[0] == "<" else (right.bounds, left.bounds)
    return _order(smaller, larger, strictly=len(operator) == 1), detail


def _order(smaller: tuple[float, float], larger: tuple[float, float], *, strictly: bool) -> ConditionState:
    """Return "met" where every value of the first interval is smaller than every value of the second."""
    if smaller[1] < larger[0] or (smaller[1] == larger[0] and not strictly):
        return "met"
    if smaller[0] > larger[1] or (smaller[0] == larger[1] and strictly):
        return "unmet"
    return "undecided"


def _shown(value: float, dimension: Dimension) -> str:
    unit = {"time": " ms", "ratio": "x", "rate": " req/s", "memory": " MiB", "count": "", "share": " %"}[dimension]
    return f"{_number(value, dimension)}{unit}"


def _number(value: float, dimension: Dimension) -> str:
    if dimension == "share":
        value *= 100
    return f"{value:,.0f}" if dimension == "count" or value >= 9999.5 else f"{value:.4g}"
