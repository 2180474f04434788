"""``stackduel compare``: what changed between two stored runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks import store
from benchmarks.commands.telling import tell
from benchmarks.condition.conditions import NO_CONDITIONS, status_with
from benchmarks.condition.measured import RunFigures
from benchmarks.history.between import between
from benchmarks.history.figures import BetweenFigures, conditions_between
from benchmarks.report import changes
from benchmarks.report.past import show_between
from benchmarks.report.table import counted
from benchmarks.terminal.page import message


def compare(
    old: Path, new: Path, out: Console, err: Console, *, form: str = "table", fail_on: tuple[str, ...] = ()
) -> int:
    """Print what changed as a ``table``, ``json`` or ``markdown``; returns the exit status.

    Raises FieldError where the runs cannot be compared, or a condition of ``fail_on`` cannot be asked.
    """
    before, after = store.load(old), store.load(new)
    found = between(before, after)
    conditions = conditions_between(fail_on, after) if fail_on else NO_CONDITIONS
    if form == "json":
        out.file.write(json.dumps(asdict(found), indent=1, allow_nan=False) + "\n")
    elif form == "markdown":
        out.file.write(changes.render(found))
    else:
        show_between(found, out)
    if found.differences and form != "table":
        message(err, f"stackduel: not measured alike: {counted(len(found.differences), 'difference')}")
    judged = conditions.judged(BetweenFigures(found, RunFigures(after)))
    tell(judged, (), err)
    return status_with(judged, 0)
