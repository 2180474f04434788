"""The words on two stacks head to head: winners, recommendations and conditions, by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stackduel.analysis.head_to_head import FAILED, GPU, QPS, SUCCESS_RATE, TIE, WORTH_NAMING, HeadToHead, HeadToHeadRow
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop
from stackduel.report.sections.conditions import budget_text
from stackduel.report.sections.figures import DASH, times_text
from stackduel.report.sections.loads import load_and_waiting
from stackduel_servers.registry import TIERS

UNTESTED, NOISY = "not tested", "noisy"
# A busier GPU and a shorter shortest request are no reasons to choose a stack.
_NO_REASONS = frozenset({"min", GPU})
# Which rows make a category; the winner of more of its rows wins it.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "typical latency": ("p50", "mean"),
    "tail latency": ("p95", "p99", "max"),
    "throughput": (QPS,),
    "reliability": (SUCCESS_RATE, FAILED),
    "GPU use": (GPU,),
}


def winner_text(row: HeadToHeadRow) -> str:
    """Return the winner of a row, or its leader if that was not tested, or only on a noisy host."""
    if row.winner is None:
        return DASH
    if not row.tested:
        return f"{row.winner} ({UNTESTED})"
    return f"{row.winner} ({NOISY})" if row.noisy and row.winner != TIE else row.winner


def ratio_text(row: HeadToHeadRow) -> str:
    """Return how many times better the winner is, with the interval, if there is one."""
    if row.ratio is None:
        return DASH
    # Read from the better side, so that every ratio is the advantage of the stack beside it.
    turned = row.ratio < 1
    ratio = 1 / row.ratio if turned else row.ratio
    if row.low is None or row.high is None:
        return times_text(ratio)
    low, high = (1 / row.high, 1 / row.low) if turned else (row.low, row.high)
    return times_text(ratio, low, high)


def outcome(row: HeadToHeadRow) -> str:
    """Return a row's winner and ratio in one cell."""
    if row.winner is None:
        return DASH
    return f"{winner_text(row)} {ratio_text(row)}" if row.ratio is not None else winner_text(row)


def where_it_pays(results: Sequence[HeadToHead]) -> Iterator[str]:
    """Yield in which scenarios each of the two is better: by its rate if the load lets it choose, else by its p50."""
    by_winner: dict[str, list[str]] = {}
    for result in results:
        row = result.row("p50" if isinstance(result.scenario.load, OpenLoop) else QPS)
        if row.winner is not None:
            known = f"{result.scenario.name} {ratio_text(row)}" if row.winner != TIE else result.scenario.name
            by_winner.setdefault(row.winner, []).append(known)
    untested = "" if any(result.tested for result in results) else " (not tested)"
    for stack in (results[0].first, results[0].second):
        if stack in by_winner:
            yield f"{stack} is better{untested} in: {', '.join(by_winner[stack])}."
    if TIE in by_winner:
        yield f"Neither is{untested} in: {', '.join(by_winner[TIE])}."


def winners(result: HeadToHead) -> Iterator[str]:
    """Yield the winner of each category that has a row with a winner."""
    for category in CATEGORIES:
        if rows := category_rows(result, category):
            yield f"{category}: {category_winner(rows, result)} ({', '.join(row.name for row in rows)})"


def category_rows(result: HeadToHead, category: str) -> list[HeadToHeadRow]:
    """Return the rows of a category that have a winner or a tie."""
    return [row for row in result.rows if row.name in CATEGORIES[category] and row.winner is not None]


def category_winner(rows: Sequence[HeadToHeadRow], result: HeadToHead) -> str:
    """Return the stack that wins more of these rows."""
    won = {stack: sum(row.winner == stack for row in rows) for stack in (result.first, result.second)}
    if won[result.first] == won[result.second]:
        return TIE
    return max(won, key=lambda stack: won[stack])


def recommended(stack: str, result: HeadToHead, run: Run) -> str:
    """Return when to take a stack, by the rows that it wins, and its tier."""
    other = result.second if stack == result.first else result.first
    tier = run.stacks[stack].tier
    if won := reasons_for(stack, result):
        figures = ", ".join(f"{row.name} {ratio_text(row)}" if row.ratio else row.name for row in won)
        return f"{stack} ({tier}): take it where these count: {figures}."
    if reasons_for(other, result):
        return f"{stack} ({tier}): no figure here speaks for it; it would have to be cheaper to run than {other}."
    return f"{stack} ({tier}): as good as {other} in every figure, {tie_breaker(stack, other, run)}."


def reasons_for(stack: str, result: HeadToHead) -> list[HeadToHeadRow]:
    """Return the rows that a stack wins and that are reasons to choose it."""
    return [row for row in result.won_by(stack) if row.name not in _NO_REASONS]


def tie_breaker(stack: str, other: str, run: Run) -> str:
    """Return what decides between two stacks that are equally good: the cheaper tier, if the first has it."""
    tiers = [run.stacks[name].tier for name in (stack, other)]
    cheaper = all(tier in TIERS for tier in tiers) and TIERS.index(tiers[0]) < TIERS.index(tiers[1])
    return "and it is the cheaper one to move to" if cheaper else "so what it costs to run and to move to decides"


def conditions(result: HeadToHead, run: Run) -> Iterator[str]:
    """Yield the conditions under which the two were measured."""
    load, blocks = load_and_waiting(result.scenario.load), counted(result.blocks, "block")
    yield f"Load: {load}; {blocks}, each on fresh servers in a drawn order."
    yield f"Requests: {result.scenario.label}. {result.scenario.summary}".strip()
    budget = run.environment.budget
    if budget:
        yield f"Each had {budget_text(budget, run.environment.launcher)}."
        if set(budget.server) & set(budget.generator):
            yield "The load generator worked on one of these cores."
    if not result.tested:
        yield (
            f"Nothing is tested, as that takes {FEWEST_BLOCKS} blocks: the stack ahead by {WORTH_NAMING - 1:.0%} is "
            "named, and the next run may name the other."
        )
        return
    yield (
        "Figures are of all blocks together. A ratio is that of the figures within each block, in the mean over the "
        "blocks and with its interval; the confidence of 95 % is that of all rows together. A row whose interval holds "
        "1 is a tie."
    )
