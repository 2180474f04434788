"""``stackduel report``: a stored run's tables again, and its report files anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from stackduel.analysis.conditions.conditions import conditions_for, status_with
from stackduel.report import files
from stackduel.report.terminal.condition_lines import tell
from stackduel.report.terminal.page import Page
from stackduel.report.terminal.run_tables import show as print_report
from stackduel.storage import run_folder


def show(where: Path, console: Console, err: Console, fail_on: Sequence[str] = ()) -> int:
    """Print a run and write its reports; returns the exit status, which conditions of ``fail_on`` may decide."""
    run = run_folder.load(where)
    judged = conditions_for(fail_on, run).evaluate_on(run)
    folder = where if where.is_dir() else where.parent
    path = files.write(run, folder, judged)
    print_report(run, console)
    Page(console).paragraph(f"Report: {path}", rest="  ")
    tell(judged, run.secrets, err)
    return status_with(judged, 0)
