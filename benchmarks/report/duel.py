"""The duel of two stacks as a reader sees it: its table, what follows from the rows, and on what terms (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.duel import Duel, Row, duels
from benchmarks.record import Run
from benchmarks.report.duel_words import conditions, insights, ratio_text, recommended, winner_text, winners
from benchmarks.report.table import DASH, figure


@dataclass(frozen=True, slots=True)
class Shown:
    """A duel in texts, for every renderer."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    winners: tuple[str, ...]
    insights: tuple[str, ...]
    recommendations: tuple[str, ...]
    conditions: tuple[str, ...]


def shown_duels(run: Run) -> tuple[Shown, ...]:
    """The duels of a run, in the order of its scenarios."""
    return tuple(_shown(duel, run) for duel in duels(run.results, run.suite.scenarios, run.suite.duel))


def missing(run: Run) -> str | None:
    """Why a duel that the suite asks for is not shown; None where it is, or none is asked for."""
    if not run.suite.duel or duels(run.results, run.suite.scenarios, run.suite.duel):
        return None
    absent = [name for name in run.suite.duel if name not in run.stacks]
    why = f"{' and '.join(absent)} not among the stacks" if absent else "no block in which both were measured"
    return f"No duel of {' and '.join(run.suite.duel)}: {why}."


def _shown(duel: Duel, run: Run) -> Shown:
    return Shown(
        title=f"{duel.first} against {duel.second}: {duel.scenario.name}",
        headings=("figure", duel.first, duel.second, "winner", "ratio"),
        rows=tuple(_texts(row, duel) for row in duel.rows),
        winners=tuple(winners(duel)),
        insights=tuple(str(insight) for insight in insights(duel)),
        recommendations=tuple(recommended(stack, duel, run) for stack in (duel.first, duel.second)),
        conditions=tuple(conditions(duel, run)),
    )


def _texts(row: Row, duel: Duel) -> tuple[str, ...]:
    unit = " ms" if row.unit == "ms" else ""
    return (
        f"{row.name}{unit}",
        _value(row.first, row),
        _value(row.second, row),
        winner_text(row, duel),
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
