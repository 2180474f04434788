"""The report in the terminal: a table a scenario, then the matrix's words and the notes."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.record import Run
from benchmarks.report.table import LEGEND, NAMES, Table, grid, tables
from benchmarks.report.words import headline, matrix_lines, matrix_note, notes

TIER_STYLES = {"baseline": "bold", "control": "dim"}


def show(run: Run, console: Console) -> None:
    """Print a run's report; a table that is wider than the terminal is not cropped."""
    console.print(_Report(run), crop=False)


class _Report:
    """A run as something rich can print."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(headline(self._run), style="bold")
        for table in tables(self._run):
            yield Text()
            yield from _scenario(table, self._run.baseline, console, options)
        yield Text()
        yield Text(LEGEND, style="dim")
        lines = matrix_lines(self._run)
        if lines:
            yield Text()
            yield Text("Migration matrix", style="bold")
            yield from (Text(f"  {line}") for line in lines)
            yield Text(f"  {matrix_note(self._run)}", style="dim")
        for note in notes(self._run):
            yield Text(f"Note: {note}")


def _scenario(table: Table, baseline: str, console: Console, options: ConsoleOptions) -> RenderResult:
    title = f"{table.scenario.name}  {table.scenario.label}"
    yield Text(title, style="bold")
    if table.scenario.summary:
        yield Text(table.scenario.summary, style="dim")
    if table.rows:
        shown = _grid(table, baseline)
        # Never narrower than its figures: a wide table is a nuisance, a figure cut short is a lie.
        needed = Measurement.get(console, options.update(max_width=1000), shown).maximum
        yield from console.render(shown, options.update(width=max(needed, options.max_width)))
    for stack, reason in table.failures:
        yield Text(f"{stack}: not measured: {reason}", style="red")


def _grid(table: Table, baseline: str) -> RichTable:
    headings, rows = grid(table, baseline)
    shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(headings):
        shown.add_column(heading, justify="left" if place < len(NAMES) else "right", no_wrap=True)
    for row, texts in zip(table.rows, rows, strict=True):
        style = TIER_STYLES.get(row.tier, "")
        shown.add_row(*(Text(text, style=style) for text in texts))
    return shown
