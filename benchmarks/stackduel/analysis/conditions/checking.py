"""Whether a condition can be asked of a run, told before anything is started (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from stackduel.analysis.conditions.metrics import UNITS, WRITTEN, Dimension, MetricKind, MetricScope
from stackduel.analysis.conditions.syntax_tree import (
    Condition,
    Figure,
    FigureComparison,
    Joined,
    Name,
    Not,
    Quantity,
    Tree,
)
from stackduel.analysis.conditions.tokens import ConditionError

SHOWN = 8


@dataclass(frozen=True, slots=True)
class ConditionSubject:
    """Of which stack, in which scenario; None for all of them."""

    stack: str | None
    scenario: str | None


def check(condition: Condition, scope: MetricScope) -> None:
    """Raises ConditionError where it names what is not there, or compares what cannot be compared."""
    for comparison in comparisons(condition.tree):
        for side in (comparison.left, comparison.right):
            if isinstance(side, Figure):
                _check_figure(side, scope, condition.text)
        dimension_of(comparison, scope, condition.text)


def comparisons(tree: Tree) -> Iterable[FigureComparison]:
    """All comparisons of a condition, from left to right."""
    match tree:
        case FigureComparison():
            yield tree
        case Not(what):
            yield from comparisons(what)
        case Joined(_, parts):
            for part in parts:
                yield from comparisons(part)


def dimension_of(comparison: FigureComparison, scope: MetricScope, text: str) -> Dimension:
    """What the two sides are compared in; raises ConditionError where they have nothing in common."""
    sides = (comparison.left, comparison.right)
    allowed = [_dimensions(side, scope) for side in sides]
    shared = [each for each in allowed[0] if each in allowed[1]]
    if shared:
        return shared[0]
    for side, other in (sides, sides[::-1]):
        if isinstance(side, Quantity) and isinstance(other, Figure):
            wanted = " or ".join(WRITTEN[each] for each in _dimensions(other, scope))
            raise ConditionError(text, side.span, f"{side} is no measure of {other.name}: write {wanted}")
    problem = f"{comparison.left} and {comparison.right} are measured in different units"
    raise ConditionError(text, comparison.span, problem)


def subject_of(figure: Figure, scope: MetricScope) -> ConditionSubject:
    """Whom a checked figure asks about: of two names the stack comes first, one alone may be either."""
    match [name.text for name in figure.names]:
        case []:
            return ConditionSubject(None, None)
        case [only]:
            return ConditionSubject(only, None) if only in scope.stacks else ConditionSubject(None, only)
        case [stack, scenario]:
            return ConditionSubject(stack, scenario)
    raise AssertionError(figure)


def _check_figure(figure: Figure, scope: MetricScope, text: str) -> None:
    kind = scope.figures.get(figure.name)
    if kind is None:
        raise ConditionError(text, figure.span, f"'{figure.name}' is no figure{_instead(figure.name, scope.figures)}")
    if figure.part and not kind.bounded:
        raise ConditionError(text, figure.span, f"{figure.name} has no interval, so no .{figure.part}")
    if len(figure.names) > 2:
        raise ConditionError(text, figure.names[2].span, f"{figure.name} takes a stack and a scenario at most")
    _check_names(figure, kind, scope, text)


def _check_names(figure: Figure, kind: MetricKind, scope: MetricScope, text: str) -> None:
    match figure.names:
        case [only] if only.text not in scope.scenarios:
            _check_name(only, "stack or scenario", scope.stacks, (*scope.stacks, *scope.scenarios), text)
        case [stack, scenario]:
            _check_name(stack, "stack", scope.stacks, scope.stacks, text)
            _check_name(scenario, "scenario", scope.scenarios, scope.scenarios, text)
    subject = subject_of(figure, scope)
    if kind.candidates and subject.stack == scope.baseline:
        problem = f"{scope.baseline} is the baseline, which has no {figure.name}: it is what others are compared with"
        raise ConditionError(text, figure.names[0].span, problem)


def _check_name(name: Name, noun: str, allowed: Iterable[str], known: Iterable[str], text: str) -> None:
    if name.text not in allowed:
        raise ConditionError(text, name.span, f"'{name.text}' is no {noun} of this run{_instead(name.text, known)}")


def _instead(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; {close[0]} is"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f": {', '.join(names[:SHOWN])}{more}"


def _dimensions(side: Figure | Quantity, scope: MetricScope) -> tuple[Dimension, ...]:
    if isinstance(side, Figure):
        return scope.figures[side.name].dimensions
    return tuple(UNITS[side.unit][0])
