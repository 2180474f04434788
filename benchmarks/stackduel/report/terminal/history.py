"""Several runs in the terminal: a list of them, what changed between two, a trend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from stackduel.analysis.history.changes import RunComparison
from stackduel.analysis.history.run_summary import RunSummary, Unreadable
from stackduel.analysis.history.trend import Trend
from stackduel.model.counted import counted
from stackduel.report.sections import changes
from stackduel.report.sections import trend as trends
from stackduel.report.terminal.page import HEADING, Page
from stackduel.report.terminal.section_view import show_sections

_ELSEWHERE = "see --json or --markdown"


def show_runs(entries: Sequence[RunSummary], left_out: int, unreadable: Iterable[Unreadable], console: Console) -> None:
    """Print each run with its headline below it, then the files that cannot be read."""
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


def show_between(comparison: RunComparison, console: Console) -> None:
    """Print what changed between two runs; columns that the terminal is too narrow for are left out, never cut."""
    page = Page(console)
    page.heading(changes.title(comparison))
    show_sections(changes.sections(comparison), page, _ELSEWHERE)


def show_trend(trend: Trend, console: Console) -> None:
    """Print a table for each stack in each scenario, a row a run."""
    show_sections(trends.sections(trend), Page(console), _ELSEWHERE)
