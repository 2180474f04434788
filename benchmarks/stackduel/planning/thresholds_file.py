"""Thresholds: service levels that fail the run, in a file of their own, in a suite or in a stacks file.

A number in the table ``thresholds`` is a bound of every scenario; a table in it holds the bounds of the scenarios whose
names fit its own, such as ``[thresholds."response-*"]``. Where two fit, the later one of a name counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.suite import Scenario, ServiceLevel, Suite
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.service_level_file import parse_level
from stackduel.planning.toml_file import read_toml

EVERY = "*"


@dataclass(frozen=True, slots=True)
class ThresholdTable:
    """The bounds by the pattern of the scenarios that they are for; ``where`` is their place in error messages."""

    where: str
    levels: Mapping[str, tuple[ServiceLevel, ...]]


def read_thresholds(path: Path) -> ThresholdTable:
    """Read a file that holds the table ``thresholds`` and nothing else; raises FieldError."""
    fields = Fields(f"--thresholds: {path.name}", read_toml("--thresholds:", path))
    thresholds = parse_thresholds(fields)
    if thresholds is None:
        raise FieldError(f"{fields.where}: thresholds: is missing: a table of bounds, such as p95_ms = 1000")
    fields.finish()
    return thresholds


def parse_thresholds(fields: Fields) -> ThresholdTable | None:
    """Take the table ``thresholds`` out of ``fields``; None without one; raises FieldError."""
    where, table = f"{fields.where}: thresholds", fields.table("thresholds", default={})
    if not fields.given("thresholds"):
        return None
    levels: dict[str, tuple[ServiceLevel, ...]] = {}
    everywhere = {name: value for name, value in table.items() if not isinstance(value, Mapping)}
    if everywhere:
        levels[EVERY] = _levels(where, everywhere)
    for pattern, bounds in table.items():
        if isinstance(bounds, Mapping):
            levels[pattern] = _levels(f"{where}.{shortened(pattern)}", bounds)
    if not any(levels.values()):
        raise FieldError(f"{where}: at least one bound, such as p95_ms = 1000")
    return ThresholdTable(where, levels)


def with_thresholds(suite: Suite, thresholds: ThresholdTable) -> Suite:
    """Return the suite with these thresholds in place of its own; raises FieldError for those of no scenario of it."""
    if suite.search is not None:
        raise FieldError(f"{thresholds.where}: not for suites of mode {suite.search.mode}: use --fail-on")
    names = [scenario.name for scenario in suite.scenarios]
    for pattern in thresholds.levels:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise FieldError(
                f"{thresholds.where}.{shortened(pattern)}: fits no scenario of {suite.name}: {', '.join(names)}"
            )
    return replace(suite, scenarios=tuple(_judged(scenario, thresholds) for scenario in suite.scenarios))


def _judged(scenario: Scenario, thresholds: ThresholdTable) -> Scenario:
    own = {
        level.name: level
        for pattern, levels in thresholds.levels.items()
        if fnmatchcase(scenario.name, pattern)
        for level in levels
    }
    kept = (level for level in scenario.sla if not level.threshold)
    return replace(scenario, sla=(*kept, *own.values()))


def _levels(where: str, table: Mapping[str, Any]) -> tuple[ServiceLevel, ...]:
    fields = Fields(where, table)
    return tuple(replace(parse_level(fields, name), threshold=True) for name in table)
