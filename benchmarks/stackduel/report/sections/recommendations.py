"""When to use which of two stacks, and the winners by category, over all scenarios of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import TIE, HeadToHead, HeadToHeadRow
from stackduel.analysis.matrix import migrations
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Block, Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, speedup_words
from stackduel.report.sections.head_to_head_words import (
    CATEGORIES,
    NOISY,
    UNTESTED,
    category_rows,
    category_winner,
    ratio_text,
    reasons_for,
    tie_breaker,
)
from stackduel.report.sections.migration_matrix import WITHOUT_MIGRATION
from stackduel.report.sections.pair import Pair, pair_of
from stackduel.report.sections.pair_results import head_to_heads_of
from stackduel.report.sections.stack_insights import ComparedScenarios, best_unmigrated, by_stack

# Up to so many scenarios are named with their ratios; of more the lowest and the highest.
MOST_NAMED = 3


def sections(run: Run) -> Iterator[Section]:
    """Yield when to use which of the pair, and the winners by category, of a run that compared them."""
    pair = None if run.suite.search else pair_of(run)
    results = head_to_heads_of(run, pair)
    if pair and results:
        yield Section("when", "When to use which", (Sentences(tuple(when_lines(run, pair, results))),))
        yield Section("winners", "Winners by category", winners_blocks(results))


def when_lines(run: Run, pair: Pair, results: Sequence[HeadToHead]) -> Iterator[str]:
    """Yield what speaks for each of the two, and the best change without a migration."""
    for stack, other in ((pair.first, pair.second), (pair.second, pair.first)):
        tier = run.stacks[stack].tier
        for_it = [text for name in CATEGORIES if (text := _speaks_for(stack, name, results))]
        reasons = (
            f"{_ahead(stack, results)} {'; '.join(for_it)}" if for_it else _nothing_for(stack, other, run, results)
        )
        yield f"{stack} ({tier}): {reasons}."
    yield from _without_migration(run, pair, by_stack(run.comparisons))


def winners_blocks(results: Sequence[HeadToHead]) -> tuple[Block, ...]:
    """Return the winner of each category in each scenario, and how often each of the two wins."""
    names = [name for name in CATEGORIES if any(category_rows(result, name) for result in results)]
    grid = _by_category(results[0], names) if len(results) == 1 else _by_scenario(results, names)
    if len(results) * len(names) < 2:
        return (grid,)
    won = [_winner(result, name) for result in results for name in names]
    first, second, ties = (won.count(who) for who in (results[0].first, results[0].second, TIE))
    return grid, Sentences((f"Won: {results[0].first} {first}, {results[0].second} {second}; ties {ties}.",))


def _by_category(result: HeadToHead, names: Sequence[str]) -> Grid:
    headings = ("category", "winner", "by its rows")
    rows = tuple(
        (name, _cell(result, name), ", ".join(row.name for row in category_rows(result, name))) for name in names
    )
    return Grid("Winners by category", headings, rows, frozenset(headings))


def _by_scenario(results: Sequence[HeadToHead], names: Sequence[str]) -> Grid:
    headings = ("scenario", *names)
    rows = tuple((result.scenario.name, *(_cell(result, name) for name in names)) for result in results)
    return Grid("Winners by category", headings, rows, frozenset(headings))


def _speaks_for(stack: str, category: str, results: Sequence[HeadToHead]) -> str:
    """Return a category with the ratios by which the stack wins it, and where; empty if it wins it nowhere."""
    won = [(result, row) for result in results if (row := _best_row(result, category, stack))]
    return f"{category}, {_where(won, len(results))}" if won and category != "GPU use" else ""


def _ahead(stack: str, results: Sequence[HeadToHead]) -> str:
    """Return how sure it is that a stack is better."""
    rows = [row for result in results for row in result.won_by(stack)]
    if any(row.settled for row in rows):
        return "better where these count:"
    return f"ahead, {NOISY if any(row.tested for row in rows) else UNTESTED}, where these count:"


def _best_row(result: HeadToHead, category: str, stack: str) -> HeadToHeadRow | None:
    """Return the first row that the stack wins of a category, if it wins the category."""
    if _winner(result, category) != stack:
        return None
    return next(row for row in category_rows(result, category) if row.winner == stack)


def _where(won: Sequence[tuple[HeadToHead, HeadToHeadRow]], scenarios: int) -> str:
    """Return the ratios, and of several scenarios, in which of them."""
    texts = [_row_text(row) + (f" in {result.scenario.name}" if scenarios > 1 else "") for result, row in won]
    if len(won) <= MOST_NAMED:
        return " and ".join(texts)
    ordered = sorted(range(len(won)), key=lambda place: _advantage(won[place][1]))
    return f"in {len(won)} of {scenarios} scenarios, from {texts[ordered[0]]} to {texts[ordered[-1]]}"


def _row_text(row: HeadToHeadRow) -> str:
    return row.name if row.ratio is None else f"{row.name} {ratio_text(row)}"


def _advantage(row: HeadToHeadRow) -> float:
    return 1.0 if row.ratio is None else max(row.ratio, 1 / row.ratio)


def _nothing_for(stack: str, other: str, run: Run, results: Sequence[HeadToHead]) -> str:
    """Return why no category speaks for a stack: the other one wins, or both are equally good."""
    if any(reasons_for(other, result) for result in results):
        return f"no category speaks for it; it would have to be cheaper to run, or to stay with, than {other}"
    return f"as good as {other} in every category, {tie_breaker(stack, other, run)}"


def _without_migration(run: Run, pair: Pair, compared: ComparedScenarios) -> Iterator[str]:
    """Yield the best change that keeps the framework."""
    name = best_unmigrated(run, pair, compared)
    mean = next((each for each in migrations(run.comparisons) if each.candidate == name), None)
    migrates = run.stacks[pair.second].tier not in WITHOUT_MIGRATION
    if name is None or mean is None or mean.mean.speedup <= 1 or not migrates:
        return
    figures = [f"{scenario} {speedup_words(each)}" for scenario, each in compared[name].items()]
    shown = ", ".join(figures[:MOST_NAMED])
    more = f", and {counted(len(figures) - MOST_NAMED, 'scenario')} more" if len(figures) > MOST_NAMED else ""
    yield f"{name} ({run.stacks[name].tier}): if the framework stays: {shown}{more}."


def _winner(result: HeadToHead, category: str) -> str:
    rows = category_rows(result, category)
    return category_winner(rows, result) if rows else DASH


def _cell(result: HeadToHead, category: str) -> str:
    """Return the winner, marked if it only leads."""
    who = _winner(result, category)
    rows = [row for row in category_rows(result, category) if row.winner == who]
    if who in {DASH, TIE} or any(row.settled for row in rows):
        return who
    return f"{who} ({NOISY if any(row.tested for row in rows) else UNTESTED})"
