"""The duel of two stacks as a reader sees it: its table, what follows from the rows, and on what terms (pure)."""

from __future__ import annotations

from benchmarks.duel import Duel, Row, duels
from benchmarks.record import Run
from benchmarks.report.block import Block
from benchmarks.report.duel_words import conditions, insights, ratio_text, recommended, winner_text, winners
from benchmarks.report.table import DASH, figure

WORDS = frozenset({"figure", "winner"})


def duel_blocks(run: Run) -> tuple[tuple[Block, ...], ...]:
    """The duels of a run, one for each scenario: its table first, then what follows from it."""
    return tuple(_blocks(duel, run) for duel in duels(run.results, run.suite.scenarios, run.suite.duel))


def missing(run: Run) -> str | None:
    """Why a duel that the suite asks for is not shown; None where it is, or none is asked for."""
    if not run.suite.duel or duels(run.results, run.suite.scenarios, run.suite.duel):
        return None
    absent = [name for name in run.suite.duel if name not in run.stacks]
    why = f"{' and '.join(absent)} not among the stacks" if absent else "no block in which both were measured"
    return f"No duel of {' and '.join(run.suite.duel)}: {why}."


def _blocks(duel: Duel, run: Run) -> tuple[Block, ...]:
    table = Block(
        title=f"{duel.first} against {duel.second}: {duel.scenario.name}",
        headings=("figure", duel.first, duel.second, "winner", "ratio"),
        rows=tuple(_texts(row) for row in duel.rows),
        words=WORDS,
    )
    below = {
        "Winners": winners(duel),
        "Insights": map(str, insights(duel)),
        "Recommendations": (recommended(stack, duel, run) for stack in (duel.first, duel.second)),
        "Conditions": conditions(duel, run),
    }
    texts = [(title, tuple(lines)) for title, lines in below.items()]
    return (table, *(Block(title, lines=lines) for title, lines in texts if lines))


def _texts(row: Row) -> tuple[str, ...]:
    unit = " ms" if row.unit == "ms" else ""
    return (
        f"{row.name}{unit}",
        _value(row.first, row),
        _value(row.second, row),
        winner_text(row),
        ratio_text(row),
    )


def _value(value: float | None, row: Row) -> str:
    if value is None:
        return DASH
    match row.unit:
        case "count":
            return f"{value:,.0f}"
        case "share":
            return f"{100 * value:.4g} %"
        case _:
            return figure(value)
