"""``stackduel report``: a stored run's tables again, and its report file anew."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from benchmarks import store
from benchmarks.report import markdown
from benchmarks.report.console import show as print_report


def show(where: Path, console: Console) -> int:
    """Print a run and write its report.md; returns the exit status."""
    run = store.load(where)
    folder = where if where.is_dir() else where.parent
    path = folder / "report.md"
    path.write_text(markdown.render(run), encoding="utf-8")
    print_report(run, console)
    console.print(f"Report: {path}", markup=False, soft_wrap=True)
    return 0
