"""``stackduel report``: a stored run's tables again, and its report files anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import store
from benchmarks.commands.telling import tell
from benchmarks.condition.conditions import checked_for, judged_on, status_with
from benchmarks.report import files
from benchmarks.report.console import show as print_report
from benchmarks.terminal.page import Page


def show(where: Path, console: Console, err: Console, fail_on: Sequence[str] = ()) -> int:
    """Print a run and write its reports; returns the exit status, which conditions of ``fail_on`` may decide."""
    run = store.load(where)
    judged = judged_on(checked_for(fail_on, run), run)
    folder = where if where.is_dir() else where.parent
    path = files.write(run, folder, judged)
    print_report(run, console)
    Page(console).paragraph(f"Report: {path}", rest="  ")
    tell(judged, run.secrets, err)
    return status_with(judged, 0)
