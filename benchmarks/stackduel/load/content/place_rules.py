"""Which places of a value are compared, and how far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from stackduel.model.expected_content import ExpectedContent, ValueKind, VaryingPlace
from stackduel.model.json_path import PathStep, parse_json_path


@dataclass(slots=True)
class PlaceRule:
    """The rule for a place and the places below it: not compared, compared by kind, or none."""

    ignored: bool = False
    kinds: frozenset[ValueKind] = frozenset()
    below: dict[PathStep, PlaceRule] = field(default_factory=dict)


Rules = tuple[PlaceRule, ...]


def rules_of(ignored: Iterable[str], varying: Iterable[VaryingPlace]) -> Rules:
    """Return the rules of a whole value."""
    top = PlaceRule()
    for text in ignored:
        _place(top, text).ignored = True
    for each in varying:
        place = _place(top, each.path)
        place.kinds |= frozenset(each.kinds)
    return (top,)


def rules_for(content: ExpectedContent) -> Rules:
    """Return the rules of an expected content."""
    return rules_of(content.ignored, content.varying)


def step_into(rules: Rules, step: PathStep) -> Rules:
    """Return what is said of one place below."""
    return tuple(
        found for rule in rules if rule.below for key in (step, None) if (found := rule.below.get(key)) is not None
    )


def _place(top: PlaceRule, text: str) -> PlaceRule:
    place = top
    for step in parse_json_path(text):
        place = place.below.setdefault(step, PlaceRule())
    return place
