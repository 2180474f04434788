"""The report in the terminal: a table a scenario, then the matrix's words and the notes."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.record import Run
from benchmarks.report.table import HEADINGS, LEGEND, Table, cells, tables
from benchmarks.report.words import headline, matrix_lines, matrix_note, notes

TIER_STYLES = {"baseline": "bold", "control": "dim"}


class Report:
    """A run as something rich can print."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        yield Text(headline(self._run), style="bold")
        for table in tables(self._run):
            yield Text()
            yield from _scenario(table, self._run.baseline)
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


def _scenario(table: Table, baseline: str) -> Iterator[RenderableType]:
    title = f"{table.scenario.name}  {table.scenario.workload.method} {table.scenario.workload.target}"
    yield Text(title, style="bold")
    if table.scenario.summary:
        yield Text(table.scenario.summary, style="dim")
    if table.rows:
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for place, heading in enumerate(HEADINGS[table.metric]):
            shown.add_column(heading, justify="left" if place < 2 else "right", no_wrap=True)
        for row in table.rows:
            style = TIER_STYLES.get(row.tier, "")
            shown.add_row(*(Text(cell, style=style) for cell in cells(row, table.metric, baseline)))
        yield shown
    for stack, reason in table.failures:
        yield Text(f"{stack}: not measured: {reason}", style="red")
