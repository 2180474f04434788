"""The duel of two stacks as a reader sees it: its table, what follows from the rows, and on what terms (pure)."""

from __future__ import annotations

from stackduel.analysis.head_to_head import QPS, HeadToHead, HeadToHeadRow, head_to_heads
from stackduel.model.run import Run
from stackduel.report.sections.block import Block
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
from stackduel.report.sections.result_table import DASH, figure

WORDS = frozenset({"figure", "winner"})
SUMMED_UP = (QPS, "p50", "p95", "p99")


def duel_blocks(run: Run) -> tuple[tuple[Block, ...], ...]:
    """The duels of a run, one for each scenario: its table first, then what follows from it."""
    return tuple(_blocks(duel, run) for duel in head_to_heads(run.results, run.suite.scenarios, run.suite.duel))


def duel_summary(run: Run) -> Block | None:
    """Who wins what in which scenario, and where the one is worth its while; None where there is one duel or none."""
    found = head_to_heads(run.results, run.suite.scenarios, run.suite.duel)
    if len(found) < 2:
        return None
    return Block(
        title=f"{found[0].first} against {found[0].second}, in every scenario",
        headings=("scenario", *SUMMED_UP),
        rows=tuple((duel.scenario.name, *(outcome(duel.row(name)) for name in SUMMED_UP)) for duel in found),
        lines=tuple(where_it_pays(found)),
        words=frozenset({"scenario", *SUMMED_UP}),
    )


def figures(duel: HeadToHead) -> Block:
    """All rows of a duel, or of a stack without an opponent."""
    if not duel.second:
        rows = tuple((_name(row), _value(row.first, row)) for row in duel.rows)
        return Block(f"{duel.scenario.name}: {duel.first}", ("figure", duel.first), rows, words=WORDS)
    return Block(
        title=f"{duel.first} against {duel.second}: {duel.scenario.name}",
        headings=("figure", duel.first, duel.second, "winner", "ratio"),
        rows=tuple(_texts(row) for row in duel.rows),
        words=WORDS,
    )


def missing(run: Run) -> str | None:
    """Why a duel that the suite asks for is not shown; None where it is, or none is asked for."""
    if not run.suite.duel or head_to_heads(run.results, run.suite.scenarios, run.suite.duel):
        return None
    absent = [name for name in run.suite.duel if name not in run.stacks]
    why = f"{' and '.join(absent)} not among the stacks" if absent else "no block in which both were measured"
    return f"No duel of {' and '.join(run.suite.duel)}: {why}."


def _blocks(duel: HeadToHead, run: Run) -> tuple[Block, ...]:
    below = {
        "Winners": winners(duel),
        "Insights": map(str, insights(duel)),
        "Recommendations": (recommended(stack, duel, run) for stack in (duel.first, duel.second)),
        "Conditions": conditions(duel, run),
    }
    texts = [(title, tuple(lines)) for title, lines in below.items()]
    return (figures(duel), *(Block(title, lines=lines) for title, lines in texts if lines))


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
