"""Two stacks head to head, as the suite asks for it: the figures, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import GPU, QPS, HeadToHead, HeadToHeadRow, head_to_heads
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Block, Folded, Grid, Heading, Section, Sentences
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.head_to_head_words import (
    conditions,
    outcome,
    ratio_text,
    recommended,
    where_it_pays,
    winner_text,
    winners,
)
from stackduel.report.sections.insights import insights

WORDS = frozenset({"figure", "winner"})
SUMMED_UP = (QPS, "p50", "p95", "p99")


def sections(run: Run) -> Iterator[Section]:
    """Yield the pair over all scenarios, and scenario by scenario."""
    results = head_to_heads(run.results, run.suite.compared, run.suite.duel)
    why = missing(run)
    blocks: list[Block] = [Sentences((why,))] if why else []
    if len(results) == 1:
        blocks += head_to_head_blocks(results[0], run)
    elif results:
        blocks += summary(results)
        blocks += [Folded(figures(result).caption, tuple(head_to_head_blocks(result, run))) for result in results]
    if blocks:
        yield Section("head-to-head", "Head to head", tuple(blocks))


def summary(results: Sequence[HeadToHead]) -> tuple[Grid, Sentences]:
    """Return the winner of the main figures in each scenario, and where each of the two is better."""
    rows = tuple((result.scenario.name, *(outcome(result.row(name)) for name in SUMMED_UP)) for result in results)
    caption = f"{results[0].first} against {results[0].second}, in every scenario"
    headings = ("scenario", *SUMMED_UP)
    return Grid(caption, headings, rows, frozenset(headings)), Sentences(tuple(where_it_pays(results)))


def head_to_head_blocks(result: HeadToHead, run: Run) -> Iterator[Block]:
    """Yield the figures of the two in a scenario, and what follows from them."""
    yield figures(result)
    below = {
        "Winners": winners(result),
        "Insights": map(str, insights(result)),
        "Recommendations": (recommended(stack, result, run) for stack in (result.first, result.second)),
        "Conditions": conditions(result, run),
    }
    for title, lines in below.items():
        if texts := tuple(lines):
            yield from (Heading(title), Sentences(texts))


def figures(result: HeadToHead) -> Grid:
    """Return all figures of two stacks in a scenario, or of one stack alone; none of a GPU that was not there."""
    known = [row for row in result.rows if row.name != GPU or row.first is not None or row.second is not None]
    if not result.second:
        rows = tuple((_name(row), _value(row.first, row)) for row in known)
        return Grid(f"{result.scenario.name}: {result.first}", ("figure", result.first), rows, WORDS)
    return Grid(
        f"{result.first} against {result.second}: {result.scenario.name}",
        ("figure", result.first, result.second, "winner", "ratio"),
        tuple(_texts(row) for row in known),
        WORDS,
    )


def missing(run: Run) -> str | None:
    """Return why the pair that the suite asks for is not shown; None if it is, or if none is asked for."""
    if not run.suite.duel or head_to_heads(run.results, run.suite.compared, run.suite.duel):
        return None
    absent = [name for name in run.suite.duel if name not in run.stacks]
    why = f"{' and '.join(absent)} not among the stacks" if absent else "no block in which both were measured"
    return f"No head-to-head comparison of {' and '.join(run.suite.duel)}: {why}."


def _texts(row: HeadToHeadRow) -> tuple[str, ...]:
    return (
        _name(row),
        _value(row.first, row),
        _value(row.second, row),
        winner_text(row),
        ratio_text(row),
    )


def _name(row: HeadToHeadRow) -> str:
    return f"{row.name} ms" if row.unit == "ms" else row.name


def _value(value: float | None, row: HeadToHeadRow) -> str:
    if value is None:
        return DASH
    match row.unit:
        case "count":
            return f"{value:,.0f}"
        case "share":
            return f"{100 * value:.4g} %"
        case _:
            return figure(value)
