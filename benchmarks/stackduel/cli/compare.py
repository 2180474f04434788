"""``stackduel compare``: what changed between two stored runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from stackduel.analysis.conditions.conditions import NO_CONDITIONS, status_with
from stackduel.analysis.conditions.run_metrics import RunMetrics
from stackduel.analysis.history.change_metrics import ComparisonMetrics, conditions_between
from stackduel.analysis.history.two_runs import between
from stackduel.cli import options
from stackduel.model.counted import counted
from stackduel.report.markdown.changes import render
from stackduel.report.terminal.condition_lines import print_conditions
from stackduel.report.terminal.history import show_between
from stackduel.report.terminal.page import message, standard_error, standard_output
from stackduel.storage import run_file
from stackduel.storage.redaction import NO_SECRETS


@click.command("compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@options.out
@options.form_json
@options.form_markdown
@options.fail_on
def compare_command(old: Path, new: Path, out: Path, form: str | None, fail_on: tuple[str, ...]) -> int:
    """Say what changed from the stored run OLD to NEW (paths, ids, or latest~1 and latest)."""
    runs = options.measured_run_path(old, out), options.measured_run_path(new, out)
    return compare(*runs, standard_output(), standard_error(), form=form or "table", fail_on=fail_on)


def compare(
    old: Path, new: Path, out: Console, err: Console, *, form: str = "table", fail_on: tuple[str, ...] = ()
) -> int:
    """Print what changed as a ``table``, ``json`` or ``markdown``; return the exit status.

    Raises FieldError where the runs cannot be compared, or a condition of ``fail_on`` cannot be evaluated.
    """
    before, after = run_file.load(old), run_file.load(new)
    comparison = between(before, after)
    conditions = conditions_between(fail_on, after) if fail_on else NO_CONDITIONS
    if form == "json":
        out.file.write(json.dumps(asdict(comparison), indent=1, allow_nan=False) + "\n")
    elif form == "markdown":
        out.file.write(render(comparison))
    else:
        show_between(comparison, out)
    if comparison.differences and form != "table":
        message(err, f"stackduel: not measured alike: {counted(len(comparison.differences), 'difference')}")
    judged = conditions.evaluate(ComparisonMetrics(comparison, RunMetrics(after)))
    print_conditions(judged, NO_SECRETS, err)
    return status_with(judged, 0)
