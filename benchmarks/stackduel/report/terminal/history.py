"""Runs beside each other in the terminal: the list of them, what changed between two, a trend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from stackduel.analysis.history.changes import RunComparison
from stackduel.analysis.history.run_summary import RunSummary, Unreadable
from stackduel.analysis.history.trend import Trend
from stackduel.model.counted import counted
from stackduel.report.sections import changes
from stackduel.report.sections import trend as trends
from stackduel.report.sections.changes import WORDS, ChangeGrid
from stackduel.report.terminal.page import ASIDE, HEADING, Page

# What goes first where the terminal is too narrow for all.
_LEAST_OF_TWO = ("raw", "old", "new")
_LEAST_OF_MANY = ("req/s", "ms", "verdict")


def show_runs(entries: Sequence[RunSummary], left_out: int, unreadable: Iterable[Unreadable], console: Console) -> None:
    """Print runs: which, and below it what came of it; then what cannot be read."""
    page = Page(console)
    for entry in entries:
        mode = f" ({entry.mode})" if entry.mode else ""
        about = f"{entry.suite}{mode}, {counted(len(entry.stacks), 'stack')}, {entry.launcher}, {entry.status}"
        page.paragraph(f"{entry.folder}  {about}", rest="  ", style=HEADING)
        page.paragraph(entry.headline, first="  ")
    if left_out:
        page.paragraph(f"{counted(left_out, 'older run')} not shown: --limit {len(entries) + left_out} shows all.")
    if not entries:
        page.line("No run is here.")
    for each in unreadable:
        page.paragraph(f"{each.folder}: cannot be read: {each.reason}", rest="  ")


def show_between(found: RunComparison, console: Console) -> None:
    """Print what changed between two runs; columns that the terminal is too narrow for are left out, never cut."""
    page = Page(console)
    page.heading(changes.heading(found))
    for grid in changes.grids(found):
        _table(grid, page, _LEAST_OF_TWO)
    page.line()
    page.paragraph(changes.LEGEND, style=ASIDE)
    if found.notes:
        page.line()
    for note in found.notes:
        page.note(note)
    if found.differences:
        page.line()
        page.heading("Not measured alike:")
        for line in found.differences:
            page.item(line)


def show_trend(trend: Trend, console: Console) -> None:
    """Print a table for each stack in each scenario, a row a run."""
    page = Page(console)
    for grid in trends.grids(trend):
        _table(grid, page, _LEAST_OF_MANY)
    lines = trends.change_lines(trend)
    if lines:
        page.line()
        page.paragraph(f"{trends.MARK} measured in another environment than the run before:")
        for line in lines:
            page.item(line)


def _table(grid: ChangeGrid, page: Page, least_needed: Sequence[str]) -> None:
    page.line()
    page.heading(grid.title)
    page.table(grid.headings, grid.rows, words=WORDS, least_needed=least_needed, elsewhere="see --json or --markdown")
