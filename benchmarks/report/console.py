"""The report in the terminal: the advice, a table a scenario, then the matrix's words and the notes."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.record import Run
from benchmarks.report.block import Block
from benchmarks.report.duel import duel_blocks, duel_summary
from benchmarks.report.findings import FINDING_WORDS, Section, sections
from benchmarks.report.inference import inference_blocks
from benchmarks.report.table import LEGEND, WORDS, Table, grid, latency_kind, tables
from benchmarks.report.words import advice_lines, headline, matrix_lines, matrix_note, notes

TIER_STYLES = {"baseline": "bold", "control": "dim", "A/A": "dim"}
# What goes first where the terminal is too narrow for all; the report has it all.
_LEAST_NEEDED = ("MiB", "p95", "tier", "p50", "victim", "CPU", "binds", "p99")


def show(run: Run, console: Console) -> None:
    """Print a run's report; figures that the terminal is too narrow for are left out, never cut short."""
    console.print(_Report(run), crop=False)


class _Report:
    """A run as something rich can print."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(headline(self._run), style="bold")
        if self._run.suite.search:
            for section in sections(self._run):
                yield Text()
                yield from _found(section, console, options)
            for note in notes(self._run):
                yield Text(f"Note: {note}")
            return
        for table in tables(self._run):
            yield Text()
            yield from _scenario(table, self._run.baseline, console, options)
        yield Text()
        yield Text(LEGEND, style="dim")
        for block in inference_blocks(self._run):
            yield Text()
            yield from _block(block, console, options)
        yield from _duels(self._run, console, options)
        lines = matrix_lines(self._run)
        if lines:
            yield Text()
            yield Text("Migration matrix", style="bold")
            yield from (Text(f"  {line}") for line in lines)
            yield Text(f"  {matrix_note(self._run)}", style="dim")
        for note in notes(self._run):
            yield Text(f"Note: {note}")
        yield from _advice(advice_lines(self._run))


def _found(section: Section, console: Console, options: ConsoleOptions) -> RenderResult:
    """What the searches of one scenario found."""
    yield Text(f"{section.scenario.name}  {section.scenario.label}", style="bold")
    if section.rows:
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for heading in section.headings:
            shown.add_column(heading, justify="left" if heading in FINDING_WORDS else "right", no_wrap=True)
        for row in section.rows:
            shown.add_row(*map(Text, row))
        yield from _in_full(shown, console, options)
    for stack, sentence in section.sentences:
        yield Text(f"{stack}: {sentence}")
    for stack, reason in section.failures:
        yield Text(f"{stack}: not measured: {reason}", style="red")


def _duels(run: Run, console: Console, options: ConsoleOptions) -> RenderResult:
    """Two stacks against each other: all scenarios in short, and the first one in full."""
    summary, found = duel_summary(run), duel_blocks(run)
    for block in (*((summary,) if summary else ()), *(found[0] if found else ())):
        if block.rows:
            yield Text()
        yield from _block(block, console, options)
    if len(found) > 1:
        yield Text("(of the other scenarios: see the report)", style="dim")


def _block(block: Block, console: Console, options: ConsoleOptions) -> RenderResult:
    yield Text(block.title, style="bold")
    if block.rows:
        shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for heading in block.headings:
            shown.add_column(heading, justify="left" if heading in block.words else "right", no_wrap=True)
        for row in block.rows:
            shown.add_row(*map(Text, row))
        yield from _in_full(shown, console, options)
    yield from (Text(f"  {line}") for line in (block.lines if block.brief is None else block.brief))


def _in_full(shown: RichTable, console: Console, options: ConsoleOptions) -> RenderResult:
    """A table never narrower than its figures: a wide one is a nuisance, a figure cut short is a lie."""
    needed = Measurement.get(console, options.update(max_width=1000), shown).maximum
    yield from console.render(shown, options.update(width=max(needed, options.max_width)))


def _advice(lines: Sequence[str]) -> RenderResult:
    """The last thing that stands in the terminal, where the eye is."""
    if lines:
        yield Text()
        yield Text("Advice", style="bold")
        yield from (Text(f"  {line}") for line in lines[1:])
        yield Text(f"  {lines[0]}", style="bold")


def _scenario(table: Table, baseline: str, console: Console, options: ConsoleOptions) -> RenderResult:
    yield Text(f"{table.scenario.name}  {table.scenario.label}", style="bold")
    yield Text(f"{table.scenario.summary} ({latency_kind(table.scenario.load)})".strip(), style="dim")
    if table.rows:
        shown, left_out = _fitting(table, baseline, console, options)
        yield from _in_full(shown, console, options)
        if left_out:
            yield Text(f"(too narrow for {', '.join(left_out)}: see the report)", style="dim")
    for stack, reason in table.failures:
        yield Text(f"{stack}: not measured: {reason}", style="red")


def _fitting(
    table: Table, baseline: str, console: Console, options: ConsoleOptions
) -> tuple[RichTable, tuple[str, ...]]:
    """As many columns as fit, and the headings of those that do not."""
    headings = grid(table, baseline)[0]
    droppable = [heading for heading in _LEAST_NEEDED if heading in headings]
    for count in range(len(droppable) + 1):
        shown = _grid(table, baseline, frozenset(droppable[:count]))
        if Measurement.get(console, options.update(max_width=1000), shown).maximum <= options.max_width:
            return shown, tuple(droppable[:count])
    return shown, tuple(droppable)


def _grid(table: Table, baseline: str, without: frozenset[str]) -> RichTable:
    headings, rows = grid(table, baseline)
    kept = [place for place, heading in enumerate(headings) if heading not in without]
    shown = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place in kept:
        shown.add_column(headings[place], justify="left" if headings[place] in WORDS else "right", no_wrap=True)
    for row, texts in zip(table.rows, rows, strict=True):
        style = TIER_STYLES.get(row.tier, "")
        shown.add_row(*(Text(texts[place], style=style) for place in kept))
    return shown
