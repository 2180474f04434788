"""Runs beside each other in the terminal: the list of them, what changed between two, a trend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.history.change import Between
from benchmarks.history.entry import Entry, Unreadable
from benchmarks.history.trend import Trend
from benchmarks.report import changes
from benchmarks.report import trend as trends
from benchmarks.report.changes import WORDS, Grid
from benchmarks.report.table import counted

# What goes first where the terminal is too narrow for all.
_LEAST_NEEDED = ("raw", "old", "new")


def show_runs(entries: Sequence[Entry], left_out: int, unreadable: Iterable[Unreadable], console: Console) -> None:
    """Print runs, two lines each: which, and what came of it; then what cannot be read."""
    for entry in entries:
        title = Text(entry.folder, style="bold")
        mode = f" ({entry.mode})" if entry.mode else ""
        title.append(f"  {entry.suite}{mode}, {counted(len(entry.stacks), 'stack')}, {entry.launcher}", "not bold")
        console.print(title.append(f", {entry.status}", style="not bold"), soft_wrap=True)
        console.print(Padding(Text(entry.headline, style="dim"), (0, 0, 0, 2)))
    if left_out:
        console.print(f"{counted(left_out, 'older run')} not shown: --limit {len(entries) + left_out} shows all.")
    if not entries:
        console.print("No run is here.")
    for each in unreadable:
        console.print(Text(f"{each.folder}: cannot be read: {each.reason}"), soft_wrap=True)


def show_between(found: Between, console: Console) -> None:
    """Print what changed between two runs; columns that the terminal is too narrow for are left out, never cut."""
    console.print(Text(changes.heading(found), style="bold"))
    for grid in changes.grids(found):
        console.print(_Shown(grid), crop=False)
    console.print(Text(f"\n{changes.LEGEND}", style="dim"))
    for note in found.notes:
        console.print(Text(f"Note: {note}"))
    if found.differences:
        console.print(Text("\nNot measured alike:", style="bold"))
        for line in found.differences:
            console.print(Text(f"  {line}"), soft_wrap=True)


def show_trend(trend: Trend, console: Console) -> None:
    """Print a table for each stack in each scenario, a row a run."""
    for grid in trends.grids(trend):
        console.print(_Shown(grid), crop=False)
    lines = trends.change_lines(trend)
    if lines:
        console.print(Text(f"\n{trends.MARK} measured in another environment than the run before:"))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2)))


class _Shown:
    """A table below its title, with as many columns as fit."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"\n{self._grid.title}", style="bold")
        droppable = [name for name in _LEAST_NEEDED if name in self._grid.headings]
        wide = options.update(max_width=1000)
        for count in range(len(droppable) + 1):
            shown = _table(self._grid, frozenset(droppable[:count]))
            needed = Measurement.get(console, wide, shown).maximum
            if needed <= options.max_width:
                break
        yield from console.render(shown, options.update(width=max(needed, options.max_width)))
        if count:
            yield Text(f"(too narrow for {', '.join(droppable[:count])}: see --json or --markdown)", style="dim")


def _table(grid: Grid, without: frozenset[str]) -> RichTable:
    kept = [place for place, heading in enumerate(grid.headings) if heading not in without]
    shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place in kept:
        heading = grid.headings[place]
        shown.add_column(heading, justify="left" if heading in WORDS else "right", no_wrap=True)
    for row in grid.rows:
        shown.add_row(*(Text(row[place]) for place in kept))
    return shown
