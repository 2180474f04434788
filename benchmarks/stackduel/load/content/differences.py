"""Two values compared, place by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from stackduel.load.content.content import kind_of
from stackduel.load.content.place_rules import Rules, step_into
from stackduel.model.json_path import JsonPath

DifferenceKind = Literal["value", "kind", "missing", "unexpected", "length"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two values differ, and what stands there in each; None where nothing does."""

    path: JsonPath
    kind: DifferenceKind
    found: Any
    right: Any


def differences(found: Any, right: Any, rules: Rules) -> Iterator[Difference]:
    """Yield the places where ``found`` differs from ``right``, in the order of ``right``.

    Below a place that differs nothing is compared.
    """
    waiting: list[tuple[JsonPath, Any, Any, Rules]] = [((), found, right, rules)]
    while waiting:
        path, mine, other, here = waiting.pop()
        if here and (rule := _ruled(path, mine, other, here)) is not None:
            yield from rule
        elif kind_of(mine) != kind_of(other):
            yield Difference(path, "kind", mine, other)
        elif isinstance(other, dict):
            yield from _in_keys(path, mine, other, here)
            shared = [key for key in other if key in mine]
            waiting += [((*path, key), mine[key], other[key], step_into(here, key)) for key in reversed(shared)]
        elif isinstance(other, list):
            if len(mine) != len(other):
                yield Difference(path, "length", mine, other)
            else:
                pairs = [(number, *pair) for number, pair in enumerate(zip(mine, other, strict=True))]
                waiting += [((*path, number), a, b, step_into(here, number)) for number, a, b in reversed(pairs)]
        # NaN, which some servers write, is not equal to itself.
        elif mine != other and not (mine != mine and other != other):  # noqa: PLR0124
            yield Difference(path, "value", mine, other)


def _ruled(path: JsonPath, mine: Any, other: Any, rules: Rules) -> tuple[Difference, ...] | None:
    """Return what rules make of a place, a difference or none; None where they leave it to be compared."""
    if any(rule.ignored for rule in rules):
        return ()
    kinds = frozenset(kind for rule in rules for kind in rule.kinds)
    if not kinds:
        return None
    return () if kind_of(mine) in kinds else (Difference(path, "kind", mine, other),)


def _in_keys(path: JsonPath, mine: dict[str, Any], other: dict[str, Any], rules: Rules) -> Iterator[Difference]:
    for key, value in other.items():
        if key not in mine and not _may_be_absent(step_into(rules, key)):
            yield Difference((*path, key), "missing", None, value)
    for key, value in mine.items():
        if key not in other and not _may_be_absent(step_into(rules, key)):
            yield Difference((*path, key), "unexpected", value, None)


def _may_be_absent(rules: Rules) -> bool:
    return any(rule.ignored or "absent" in rule.kinds for rule in rules)
