"""Whether a condition is met (pure).

A comparison is met when the whole interval meets it, and unmet when none of it does. Between the two it is open, which
fails nothing: noise is no regression. Nor is a comparison ever more than open that rests on noisy trials. A figure that
nobody can tell leaves the condition untold, unless the rest of it decides (S. C. Kleene, Introduction to
Metamathematics, 1952, section 64, on a third truth value).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from stackduel.analysis.conditions.checking import ConditionSubject, dimension_of, subject_of
from stackduel.analysis.conditions.metrics import UNITS, Dimension, Figures, MetricScope, MetricValue, Missing
from stackduel.analysis.conditions.syntax_tree import (
    Condition,
    Figure,
    FigureComparison,
    Joined,
    Not,
    Operator,
    Quantity,
    Tree,
)

ConditionState = Literal["met", "unmet", "open", "untold"]
_OPPOSITE: dict[ConditionState, ConditionState] = {"met": "unmet", "unmet": "met", "open": "open", "untold": "untold"}
_SAID: dict[ConditionState, str] = {
    "met": "condition met",
    "unmet": "condition not met",
    "open": "condition open",
    "untold": "condition cannot be told",
}
MOST_DETAILS = 3


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """A condition, the word on it, and what it rests on, in a sentence."""

    condition: Condition
    word: ConditionState
    details: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a user is told, on one line."""
        more = len(self.details) - MOST_DETAILS
        shown = "; ".join(self.details[:MOST_DETAILS]) + (f"; and {more} more" if more > 0 else "")
        return f"{_SAID[self.word]}: {' '.join(self.condition.text.split())}: {shown}"


@dataclass(frozen=True, slots=True)
class _Outcome:
    word: ConditionState
    details: tuple[str, ...]


def judge(condition: Condition, scope: MetricScope, figures: Figures) -> ConditionResult:
    """The word on a condition that was checked for this ``scope``."""
    outcome = _judge(condition.tree, condition, scope, figures)
    return ConditionResult(condition, outcome.word, tuple(dict.fromkeys(outcome.details)))


def _judge(tree: Tree, condition: Condition, scope: MetricScope, figures: Figures) -> _Outcome:
    match tree:
        case FigureComparison():
            return _anywhere(tree, condition, scope, figures)
        case Not(what):
            outcome = _judge(what, condition, scope, figures)
            return _Outcome(_OPPOSITE[outcome.word], outcome.details)
        case Joined(word, parts):
            outcomes = [_judge(part, condition, scope, figures) for part in parts]
            return _first(outcomes, ("met", "untold", "open") if word == "or" else ("unmet", "untold", "open"))


def _first(outcomes: Sequence[_Outcome], decisive: Sequence[ConditionState]) -> _Outcome:
    """The first of the words that any of the outcomes has, with what it rests on; else the one that all have."""
    for word in decisive:
        found = [outcome for outcome in outcomes if outcome.word == word]
        if found:
            return _Outcome(word, _details(found))
    return _Outcome(outcomes[0].word, _details(outcomes))


def _details(outcomes: Iterable[_Outcome]) -> tuple[str, ...]:
    return tuple(detail for outcome in outcomes for detail in outcome.details)


def _anywhere(comparison: FigureComparison, condition: Condition, scope: MetricScope, figures: Figures) -> _Outcome:
    """A comparison that names no stack or no scenario is met where one of them meets it."""
    dimension = dimension_of(comparison, scope, condition.text)
    sides = [side for side in (comparison.left, comparison.right) if isinstance(side, Figure)]
    subjects = [subject_of(side, scope) for side in sides]
    compared = any(scope.figures[side.name].candidates for side in sides)
    stacks = [each for each in scope.usual if not (compared and each == scope.baseline)]
    free_stacks = stacks if any(each.stack is None for each in subjects) else [""]
    free_scenarios = scope.scenarios if any(each.scenario is None for each in subjects) else [""]
    outcomes = []
    for stack, scenario in product(free_stacks, free_scenarios):
        found = [
            _operand(side, ConditionSubject(stack, scenario), dimension, scope, figures)
            for side in (comparison.left, comparison.right)
        ]
        outcomes.append(_compare(found[0], comparison.operator, found[1]))
    if not outcomes:
        return _Outcome("untold", ("no stack of this run is asked about: name one",))
    return _first(outcomes, ("met", "untold", "open"))


@dataclass(frozen=True, slots=True)
class _Operand:
    """One side: what is said of it, and its bounds, None where nobody can tell."""

    said: str
    bounds: tuple[float, float] | None


def _operand(
    side: Figure | Quantity, free: ConditionSubject, dimension: Dimension, scope: MetricScope, figures: Figures
) -> _Operand:
    if isinstance(side, Quantity):
        value = side.value * UNITS[side.unit][1]
        return _Operand("", (value, value))
    named = subject_of(side, scope)
    stack, scenario = named.stack or free.stack or "", named.scenario or free.scenario or ""
    part = f".{side.part}" if side.part else ""
    who = f"{side.name}{part}({stack}, {scenario})"
    found = figures.value(side.name, stack, scenario, dimension)
    if isinstance(found, Missing):
        return _Operand(f"{who}: {found.reason}", None)
    if side.part in {"low", "high"} and found.low is None:
        return _Operand(f"{who}: too few blocks for an interval", None)
    bounds = _bounds(side, found)
    if found.noisy and side.part is None:
        said = f"{who} is {_shown(found.point, dimension)}, but rests on trials kept in spite of the host's noise"
        return _Operand(said, (-math.inf, math.inf))
    if bounds[0] == bounds[1]:
        return _Operand(f"{who} is {_shown(bounds[0], dimension)}", bounds)
    low, high = (_number(each, dimension) for each in bounds)
    return _Operand(f"{who} is {_shown(found.point, dimension)} ({low} to {high})", bounds)


def _bounds(side: Figure, found: MetricValue) -> tuple[float, float]:
    if side.part == "point" or found.low is None or found.high is None:
        return found.point, found.point
    if side.part == "low":
        return found.low, found.low
    return (found.high, found.high) if side.part == "high" else (found.low, found.high)


def _compare(left: _Operand, operator: Operator, right: _Operand) -> _Outcome:
    untold = tuple(each.said for each in (left, right) if each.bounds is None)
    if left.bounds is None or right.bounds is None:
        return _Outcome("untold", untold)
    details = (", ".join(each.said for each in (left, right) if each.said),)
    smaller, larger = (left.bounds, right.bounds) if operator[0] == "<" else (right.bounds, left.bounds)
    return _Outcome(_ordered(smaller, larger, strictly=len(operator) == 1), details)


def _ordered(smaller: tuple[float, float], larger: tuple[float, float], *, strictly: bool) -> ConditionState:
    """Whether whatever lies in the first interval is smaller than whatever lies in the second."""
    if smaller[1] < larger[0] or (smaller[1] == larger[0] and not strictly):
        return "met"
    if smaller[0] > larger[1] or (smaller[0] == larger[1] and strictly):
        return "unmet"
    return "open"


def _shown(value: float, dimension: Dimension) -> str:
    unit = {"time": " ms", "ratio": "x", "rate": " req/s", "memory": " MiB", "count": "", "share": " %"}[dimension]
    return f"{_number(value, dimension)}{unit}"


def _number(value: float, dimension: Dimension) -> str:
    if dimension == "share":
        value *= 100
    return f"{value:,.0f}" if dimension == "count" or value >= 9999.5 else f"{value:.4g}"
