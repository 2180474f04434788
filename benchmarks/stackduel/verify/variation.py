"""Places that differ from one answer to the next, seen by asking the same thing again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from stackduel.load.content.content import Content, kind_of
from stackduel.load.content.differences import Difference, differences
from stackduel.load.content.place_rules import Rules
from stackduel.model.expected_content import ValueKind, VaryingPlace
from stackduel.model.json_path import JsonPath, json_path_text

# From so many elements of an array on, all of its elements are said to vary.
MANY = 3


def varying_places(first: Content, others: Iterable[Content], rules: Rules) -> tuple[VaryingPlace, ...]:
    """Return where contents of the same kind differ from the first, with the kinds of value seen there."""
    seen: dict[JsonPath, set[ValueKind]] = defaultdict(set)
    for other in others:
        for path, kinds in _places(list(differences(other.value, first.value, rules))):
            seen[path] |= kinds
    together = dict(seen) if first.kind == "text" else _together(seen)
    return tuple(VaryingPlace(json_path_text(path), tuple(sorted(kinds))) for path, kinds in together.items())


def joined(*places: tuple[VaryingPlace, ...]) -> tuple[VaryingPlace, ...]:
    """Return all places, each once."""
    return tuple(dict.fromkeys(place for each in places for place in each))


def _places(found: list[Difference]) -> Iterable[tuple[JsonPath, set[ValueKind]]]:
    """Yield each place that differs, with its kinds; an object of other keys varies as a whole."""
    missing = {each.path[:-1] for each in found if each.kind == "missing"}
    renamed = missing & {each.path[:-1] for each in found if each.kind == "unexpected"}
    for each in found:
        match each.kind:
            case "missing" | "unexpected" if each.path[:-1] in renamed:
                yield each.path[:-1], {"object"}
            case "missing":
                yield each.path, {kind_of(each.right), "absent"}
            case "unexpected":
                yield each.path, {kind_of(each.found), "absent"}
            case _:
                yield each.path, {kind_of(each.found), kind_of(each.right)}


def _together(seen: dict[JsonPath, set[ValueKind]]) -> dict[JsonPath, set[ValueKind]]:
    """Return the places with one of all elements in the stead of many elements of an array."""
    groups: dict[JsonPath, list[JsonPath]] = defaultdict(list)
    for path in seen:
        groups[tuple(None if isinstance(step, int) else step for step in path)].append(path)
    together: dict[JsonPath, set[ValueKind]] = {}
    for pattern, paths in groups.items():
        if len(paths) >= MANY:
            together[pattern] = set().union(*(seen[path] for path in paths))
        else:
            together |= {path: seen[path] for path in paths}
    return together
