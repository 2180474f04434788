"""``stackduel report``: print a stored run's tables and write its report files again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stackduel.analysis.conditions.conditions import conditions_for, status_with
from stackduel.cli import options
from stackduel.report import aiperf, files
from stackduel.report.terminal.condition_lines import print_conditions
from stackduel.report.terminal.page import Page, standard_error, standard_output
from stackduel.report.terminal.run_report import show as print_report
from stackduel.storage import run_file
from stackduel.storage.run_document import redaction_of


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@options.out
@options.fail_on
@options.export
def report_command(run: Path, out: Path, fail_on: tuple[str, ...], export: Path | None) -> int:
    """Show a stored RUN again (a path, an id or latest), and write its reports anew."""
    path = None if export is None else aiperf.export_path(export)
    return show(options.measured_run_path(run, out), standard_output(), standard_error(), fail_on, path)


def show(where: Path, console: Console, err: Console, fail_on: Sequence[str] = (), export: Path | None = None) -> int:
    """Print a run and write its reports; return the exit status, which conditions of ``fail_on`` may decide.

    Its event streams go to ``export``, unless None.
    """
    run = run_file.load(where)
    judged = conditions_for(fail_on, run).evaluate_on(run)
    folder = where if where.is_dir() else where.parent
    print_report(run, console)
    path = files.write(run, folder, judged)
    Page(console).paragraph(f"Report: {path}", rest="  ")
    if export is not None:
        for written in aiperf.export(run, export):
            Page(console).paragraph(f"Export: {written}", rest="  ")
    print_conditions(judged, redaction_of(run), err)
    return status_with(judged, 0)
