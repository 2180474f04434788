"""Which stack is best by each figure that a search measured, and when to use which.

Each stack is searched by itself, so there are no ratios within blocks. A figure with intervals has a winner if the best
interval lies beyond all others, else it is a tie. Of a figure without intervals the best is named, as not tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.head_to_head import TIE, WORTH_NAMING, Better
from stackduel.model.estimates import Median
from stackduel.model.findings import SearchResult
from stackduel.model.run import Run
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_results.slow_readers import SlowReaders
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.sustained import Sustained
from stackduel.report.sections.blocks import Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.head_to_head_words import UNTESTED


@dataclass(frozen=True, slots=True)
class SearchWinner:
    """The best stack by one figure in one scenario, beside the baseline, or beside the second best if it is that.

    ``winner`` is a stack or a tie, ``best`` the leader in any case; ``ratio`` is how many times better it is, None
    where no ratio can be computed.
    """

    scenario: str
    name: str
    best: str
    value: float
    beside: str
    other: float
    ratio: float | None
    winner: str
    tested: bool


def sections(run: Run) -> Iterator[Section]:
    """Yield when to use which stack, and the winner of each figure, of a run that searched."""
    leaders = winners(run)
    lines = tuple(when_lines(leaders))
    if lines:
        yield Section("when", "When to use which", (Sentences(lines),))
    if leaders:
        yield Section("winners", "Winners by figure", (winners_grid(leaders),))


def winners(run: Run) -> tuple[SearchWinner, ...]:
    """Return the winner of every figure that at least two stacks have, scenario by scenario, the main figure first."""
    return tuple(
        made
        for scenario in run.suite.scenarios
        for name, better, value_of in _figures(run)
        if (made := _winner_of(scenario.name, name, better, _values(run, scenario.name, value_of), run.baseline))
    )


def winners_grid(leaders: Sequence[SearchWinner]) -> Grid:
    """Return a table with a row a figure: its winner, and by how much."""
    rows = tuple(
        (each.scenario, each.name, _winner(each), figure(each.value), each.beside, figure(each.other), _ratio(each))
        for each in leaders
    )
    headings = ("scenario", "figure", "winner", "best", "beside", "its figure", "ratio")
    return Grid("Winners by figure", headings, rows, frozenset({"scenario", "figure", "winner", "beside"}))


def when_lines(leaders: Sequence[SearchWinner]) -> Iterator[str]:
    """Yield the figures that speak for each stack."""
    by_stack: dict[str, list[str]] = {}
    for each in leaders:
        if each.winner != TIE:
            text = f"{each.name} in {each.scenario}, {figure(each.value)} beside {each.beside}'s {figure(each.other)}"
            by_stack.setdefault(each.winner, []).append(text if each.tested else f"{text} ({UNTESTED})")
    for stack, texts in by_stack.items():
        yield f"{stack}: better where these count: {'; '.join(texts)}."
    if leaders and not by_stack:
        yield "No figure separates the stacks: what they cost to run and to move to decides."


def in_a_sentence(each: SearchWinner) -> str:
    """Return the best stack by a figure, as a sentence."""
    if each.winner == TIE:
        return f"{each.scenario}: by {each.name} no stack differs from the best, {each.best} ({figure(each.value)})."
    sure = "" if each.tested else f", {UNTESTED}"
    ratio = f", {figure(each.ratio)} times as good" if each.ratio is not None else ""
    beside = f"{each.beside} ({figure(each.other)})"
    return f"{each.scenario}: by {each.name} {each.best} ({figure(each.value)}) is ahead of {beside}{ratio}{sure}."


SearchedValue = tuple[float, float | None, float | None]


def _figures(run: Run) -> tuple[tuple[str, Better, Callable[[SearchResult], SearchedValue | None]], ...]:
    kinds = {type(each.found) for each in run.findings}
    # Of an ablation no stack is better: its switches are.
    return tuple(each for kind in kinds for each in _FIGURES.get(kind, ()))


def _values(
    run: Run, scenario: str, value_of: Callable[[SearchResult], SearchedValue | None]
) -> dict[str, SearchedValue]:
    by_stack = {each.stack: value_of(each.found) for each in run.findings if each.scenario == scenario}
    return {name: value for name in run.stacks if (value := by_stack.get(name)) is not None}


def _winner_of(
    scenario: str, name: str, better: Better, values: Mapping[str, SearchedValue], baseline: str
) -> SearchWinner | None:
    if len(values) < 2:
        return None
    sign = 1 if better == "higher" else -1
    best, second, *_ = sorted(values, key=lambda stack: -sign * values[stack][0])
    beside = baseline if baseline in values and baseline != best else second
    mine, theirs, nearest = values[best][0], values[beside][0], values[second][0]
    tested = all(low is not None and high is not None for _, low, high in values.values())
    if tested:
        apart = all(_beyond(values[best], values[other], sign) for other in values if other != best)
    else:
        apart = _times(mine, nearest, sign) is None or (_times(mine, nearest, sign) or 1.0) > WORTH_NAMING
    winner = best if apart and mine != nearest else TIE
    return SearchWinner(scenario, name, best, mine, beside, theirs, _times(mine, theirs, sign), winner, tested)


def _beyond(mine: SearchedValue, theirs: SearchedValue, sign: int) -> bool:
    """Return whether an interval lies wholly on the better side of another."""
    _, low, high = mine
    _, other_low, other_high = theirs
    if low is None or high is None or other_low is None or other_high is None:
        return False
    return low > other_high if sign > 0 else high < other_low


def _times(mine: float, theirs: float, sign: int) -> float | None:
    if mine <= 0 or theirs <= 0:
        return None
    return mine / theirs if sign > 0 else theirs / mine


def _winner(each: SearchWinner) -> str:
    return each.winner if each.tested else f"{each.winner} ({UNTESTED})"


def _ratio(each: SearchWinner) -> str:
    return DASH if each.ratio is None else f"{figure(each.ratio)}x"


def _exact(value: float | None) -> SearchedValue | None:
    return None if value is None else (value, None, None)


def _of_median(median: Median | None) -> SearchedValue | None:
    return None if median is None else (median.value, median.low, median.high)


_FIGURES: Mapping[type, tuple[tuple[str, Better, Callable[..., SearchedValue | None]], ...]] = {
    Capacity: (("capacity req/s", "higher", lambda result: _exact(result.confirmed and result.confirmed.rate_rps)),),
    StreamsHeld: (("streams held", "higher", lambda result: _exact(result.confirmed and result.confirmed.streams)),),
    Sustained: (
        (
            "req/s",
            "higher",
            lambda result: result.best and (result.best.rate_rps, result.best.low_rps, result.best.high_rps),
        ),
    ),
    BreakingPoint: (("held req/s", "higher", lambda result: _exact(result.held_rps)),),
    ColdStart: (
        ("launch ms", "lower", lambda result: _of_median(result.launch_ms)),
        ("first ms", "lower", lambda result: _of_median(result.first_ms)),
        ("warm ms", "lower", lambda result: _of_median(result.warm_ms)),
        ("CPU s", "lower", lambda result: _of_median(result.cpu_s)),
    ),
    # Several lose nothing: loss_answers says who.
    Shutdown: (),
    Recycling: (),
    # Who notices it when, and whom it harms, is no single figure: client_cells says it.
    Leaving: (),
    SlowReaders: (),
    Soak: (
        ("MiB/h", "lower", lambda result: result.slope and (result.slope.value, result.slope.low, result.slope.high)),
        ("MiB", "lower", lambda result: _exact(result.memory_mib)),
    ),
}
