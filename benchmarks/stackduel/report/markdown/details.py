"""What a reader of the Markdown report need not see first: folded away, and left out where there is no room (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackduel.analysis.result_rows import tables
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.run import Run
from stackduel.report.markdown.markup import escape, folded, grid, item, paragraph, table
from stackduel.report.markdown.size_limit import MarkdownSection
from stackduel.report.sections.block import Block
from stackduel.report.sections.conditions import environment_lines
from stackduel.report.sections.models import time_blocks
from stackduel.report.sections.pair import Pair
from stackduel.report.sections.result_table import LEGEND, WORDS, figure
from stackduel.report.sections.result_table import grid as cells
from stackduel.report.sections.words import limit_lines, shown_curves, void_lines

# The order in which there is room for them: a lower one goes last. Pairs' figures have 1.
FIGURES, TIME, VOID, BOUND, CURVES, ENVIRONMENT = range(2, 8)


def figure_sections(run: Run) -> Iterator[MarkdownSection]:
    """All figures of every stack, a section a scenario; the first one has the legend."""
    legend = LEGEND
    for each in tables(run):
        if each.rows:
            headings, rows = cells(each, run.baseline)
            title = f"{each.scenario.name}: the figures of every stack"
            lines = [*grid(headings, rows, WORDS), *(["", paragraph(legend)] if legend else [])]
            yield MarkdownSection(title, tuple(folded(title, lines)), FIGURES)
            legend = ""


def detail_sections(run: Run, pair: Pair | None) -> Iterator[MarkdownSection]:
    """Where the time goes, trials that do not count, what binds, the crossover, and the environment."""
    told: tuple[tuple[str, int, Iterable[str]], ...] = (
        ("Where the time of a request goes", TIME, _time(run, pair)),
        ("Trials that do not count", VOID, map(item, void_lines(run))),
        ("What binds each stack", BOUND, map(item, limit_lines(run))),
        ("From which wait on it pays", CURVES, _curves(run)),
        ("The environment in full", ENVIRONMENT, map(item, environment_lines(run))),
    )
    for title, spare, each in told:
        lines = tuple(each)
        if lines:
            yield MarkdownSection(title, tuple(folded(title, lines)), spare)


def _time(run: Run, pair: Pair | None) -> Iterator[str]:
    """The tables of all stacks, with the sentences on the pair alone, and each sentence once."""
    others = set(run.stacks) - ({pair.first, pair.second} if pair else set())
    said: set[str] = set()
    for block in time_blocks(run):
        lines = [each for each in block.lines if each.partition(": ")[0] not in others and each not in said]
        said.update(lines)
        yield from _block(block, lines)


def _block(block: Block, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"**{escape(block.title)}**", "")
    if block.rows:
        yield from (*table(block), "")
    told = list(lines)
    if told:
        yield from (*map(item, told), "")


def _curves(run: Run) -> Iterator[str]:
    for curve in shown_curves(run):
        yield from _curve(curve, run.baseline)


def _curve(curve: CrossoverCurve, baseline: str) -> Iterator[str]:
    """Predicted speedups by wait and concurrency, and the measured points beside their prediction."""
    yield from (f"**Crossover of {escape(curve.candidate)}**", "")
    yield paragraph(
        f"Speedup over {baseline} that waiting slots and CPU predict, for requests that take as much CPU as those of "
        f"{curve.scenario}, by wait per request and connections:"
    )
    yield ""
    waits = zip(curve.waits_s, curve.speedups, strict=True)
    rows = [(f"{1000 * wait_s:g} ms", *(f"{figure(speedup)}x" for speedup in each)) for wait_s, each in waits]
    yield from grid(("wait", *map(str, curve.connections)), rows, ())
    yield ""
    measured = []
    for point in curve.measured:
        interval = "" if point.low is None else f" ({figure(point.low)}-{figure(point.high)})"
        place = (point.scenario, str(point.connections), f"{1000 * point.wait_s:g} ms")
        measured.append((*place, f"{figure(point.predicted)}x", f"{figure(point.measured)}x{interval}"))
    yield from (*grid(("scenario", "connections", "wait", "predicted", "measured"), measured, {"scenario"}), "")
