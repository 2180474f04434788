"""The report in the terminal: a table a scenario, the matrix's words and the notes, and the advice in the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from stackduel.analysis.result_rows import ResultTable, tables
from stackduel.model.run import Run
from stackduel.report.sections.block import Block
from stackduel.report.sections.head_to_head import duel_blocks, duel_summary
from stackduel.report.sections.models import inference_blocks
from stackduel.report.sections.result_table import WORDS, grid, latency_kind, legend
from stackduel.report.sections.search_results import FINDING_WORDS, FindingsSection, sections
from stackduel.report.sections.words import advice_lines, headline, matrix_lines, matrix_note, notes
from stackduel.report.terminal.page import ASIDE, BAD, HEADING, Page

TIER_STYLES = {"baseline": HEADING, "control": ASIDE, "A/A": ASIDE}
# What goes first where the terminal is too narrow for all; the report has it all. Speedup and verdict stay.
_LEAST_NEEDED = (
    "MiB", "GPU W", "GPU MiB", "GPU %", "p95", "tier", "p50", "victim", "CPU", "binds", "p99",
)  # fmt: skip
_LEAST_NEEDED_FOUND = ("tier", "CPU s", "kept there", "first p99 ms", "first req/s", "kept", "warm ms")


def show(run: Run, console: Console) -> None:
    """Print a run's report; figures that the terminal is too narrow for are left out, never cut short."""
    page = Page(console)
    page.heading(headline(run))
    if run.suite.search:
        for section in sections(run):
            page.line()
            _found(section, page)
        _notes(run, page)
        return
    _tables(run, page)
    for block in inference_blocks(run):
        page.line()
        _block(block, page)
    _duels(run, page)
    _matrix(run, page)
    _notes(run, page)
    _advice(advice_lines(run), page)


def _tables(run: Run, page: Page) -> None:
    shown: set[str] = set()
    for table in tables(run):
        page.line()
        shown |= _scenario(table, run.baseline, page)
    if shown:
        page.line()
        page.paragraph(legend(shown), style=ASIDE)


def _scenario(table: ResultTable, baseline: str, page: Page) -> set[str]:
    """A scenario's table and who is missing from it; returns the headings that it shows."""
    page.heading(f"{table.scenario.name}  {table.scenario.label}")
    page.paragraph(f"{table.scenario.summary} ({latency_kind(table.scenario.load)})".strip(), style=ASIDE)
    shown: set[str] = set()
    if table.rows:
        headings, rows = grid(table, baseline)
        styles = [TIER_STYLES.get(row.tier, "") for row in table.rows]
        # Nobody misses a column of noughts; one that tells of failures outlives the figure itself.
        last = ("req/s", "time") if any(row.failed for row in table.rows) else ("fail", "req/s", "time")
        least = (*_LEAST_NEEDED, *last)
        shown = set(page.table(headings, rows, words=WORDS, least_needed=least, styles=styles))
    elif not table.failures:
        page.item("(nothing was measured)", ASIDE)
    _failures(table.failures, page)
    return shown


def _found(section: FindingsSection, page: Page) -> None:
    """What the searches of one scenario found."""
    page.heading(f"{section.scenario.name}  {section.scenario.label}")
    if section.rows:
        page.table(section.headings, section.rows, words=FINDING_WORDS, least_needed=_LEAST_NEEDED_FOUND)
    for stack, sentence in section.sentences:
        page.paragraph(f"{stack}: {sentence}", rest="  ")
    _failures(section.failures, page)


def _failures(failures: Iterable[tuple[str, str]], page: Page) -> None:
    for stack, reason in failures:
        page.paragraph(f"{stack}: not measured: {reason}", rest="  ", style=BAD)


def _duels(run: Run, page: Page) -> None:
    """Two stacks against each other: all scenarios in short, and the first one in full."""
    summary, found = duel_summary(run), duel_blocks(run)
    for block in (*((summary,) if summary else ()), *(found[0] if found else ())):
        if block.rows:
            page.line()
        _block(block, page)
    if len(found) > 1:
        page.paragraph("(of the other scenarios: see the report)", style=ASIDE)


def _block(block: Block, page: Page) -> None:
    page.heading(f"{block.title} ({block.unit})" if block.unit else block.title)
    if block.rows:
        page.table(block.headings, block.rows, words=block.words, least_needed=block.least_needed)
    for line in block.lines if block.brief is None else block.brief:
        page.item(line)


def _matrix(run: Run, page: Page) -> None:
    lines = matrix_lines(run)
    if lines:
        page.line()
        page.heading("Migration matrix")
        for line in lines:
            page.item(line)
        page.item(matrix_note(run), ASIDE)


def _notes(run: Run, page: Page) -> None:
    found = notes(run)
    if found:
        page.line()
    for note in found:
        page.note(note)


def _advice(lines: Sequence[str], page: Page) -> None:
    """The last thing that stands in the terminal, where the eye is."""
    if lines:
        page.line()
        page.heading("Advice")
        for line in lines[1:]:
            page.item(line)
        page.item(lines[0], HEADING)
