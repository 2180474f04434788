"""``stackduel report``: a stored run's tables again, and its report files anew."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from benchmarks import store
from benchmarks.report.console import show as print_report
from benchmarks.report.files import write_reports


def show(where: Path, console: Console) -> int:
    """Print a run and write its reports; returns the exit status."""
    run = store.load(where)
    path = write_reports(run, where if where.is_dir() else where.parent)
    print_report(run, console)
    console.print(f"Report: {path}", markup=False, soft_wrap=True)
    return 0
