"""When to use which, and who wins what: rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.head_to_head import TIE, HeadToHead, head_to_heads
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Grid, Sentences
from stackduel.report.sections.pair import Pair
from stackduel.report.sections.recommendations import when_lines, winners_blocks
from tests.stackduel.makers import WAITING, run, trial
from tests.stackduel.report.modelled import modelled

PAIR = Pair("fastapi", "triton", "")


def head_to_heads_of(blocks: int = 5) -> tuple[HeadToHead, ...]:
    made = modelled(range(1, blocks + 1))
    return head_to_heads(made.results, made.suite.scenarios, ("fastapi", "triton"))


def won_by(result: HeadToHead, winner: str) -> HeadToHead:
    return replace(result, rows=tuple(replace(row, winner=winner) for row in result.rows))


def rows(results: Sequence[HeadToHead]) -> tuple[tuple[str, ...], ...]:
    grid = winners_blocks(results)[0]
    assert isinstance(grid, Grid)
    return grid.rows


def when(results: Sequence[HeadToHead], made: Run | None = None) -> list[str]:
    return list(when_lines(made or modelled(), PAIR, results))


def test_each_of_the_two_is_shown_with_the_categories_that_it_wins_and_where() -> None:
    """With the ratio of the first row that it wins there."""
    fastapi, triton = when(head_to_heads_of())
    assert fastapi == "fastapi (baseline): better where these count: typical latency, p50 2.33x (2.33-2.34) in clip."
    assert triton.startswith(
        "triton (service): better where these count: typical latency, p50 1.14x (1.14-1.14) in crowd;"
    )
    assert "tail latency, p95 1.14x (1.14-1.14) in crowd and p95 2.22x (2.22-2.22) in clip" in triton


def test_in_one_scenario_it_need_not_be_named() -> None:
    """There is no other."""
    assert when(head_to_heads_of()[1:])[0].endswith("where these count: typical latency, p50 2.33x (2.33-2.34).")


def test_of_many_scenarios_the_ends_are_named() -> None:
    """Where it is ahead the least, and the most."""
    clip = head_to_heads_of()[1]
    many = [
        replace(
            clip,
            scenario=replace(clip.scenario, name=f"s{times}"),
            rows=tuple(
                replace(row, ratio=times, low=None, high=None) if row.name == "p50" else row for row in clip.rows
            ),
        )
        for times in (3.0, 2.0, 5.0, 4.0)
    ]
    assert "typical latency, in 4 of 4 scenarios, from p50 2.00x in s2.0 to p50 5.00x in s5.0" in when(many)[0]


def test_who_wins_nothing_has_to_be_cheaper_and_who_ties_is_judged_by_the_tier() -> None:
    """And both are told so."""
    crowd, clip = head_to_heads_of()
    assert "no category speaks for it; it would have to be cheaper to run" in when([won_by(crowd, "triton")])[0]
    even = [won_by(crowd, TIE), won_by(clip, TIE)]
    assert when(even)[0].endswith("as good as triton in every category, and it is the cheaper one to move to.")
    assert when(even)[1].endswith("so what it costs to run and to move to decides.")


def test_an_untested_winner_is_called_the_leader() -> None:
    """Without blocks enough, or on a noisy host."""
    assert "ahead, not tested, where these count:" in when(head_to_heads_of(2))[0]
    noisy = [replace(each, rows=tuple(replace(row, noisy=True) for row in each.rows)) for each in head_to_heads_of()]
    assert "ahead, noisy, where these count:" in when(noisy)[0]


def test_the_best_change_without_a_migration_is_named() -> None:
    """The best stack that stays on the framework, unless it gains nothing by the migration matrix."""
    tiers = {"slow": "baseline", "tuned": "settings", "fast": "rewrite"}

    def last(tuned: int) -> str:
        results = [
            trial(stack, rate, block=block)
            for block in range(1, 6)
            for stack, rate in (("slow", 100), ("tuned", tuned), ("fast", 400))
        ]
        made = conclude(run(results, tiers), block_s=60)
        return list(
            when_lines(made, Pair("slow", "fast", ""), head_to_heads(made.results, [WAITING], ("slow", "fast")))
        )[-1]

    assert last(200) == "tuned (settings): if the framework stays: waiting 2.00x (2.00-2.00)."
    assert last(90).startswith("fast (rewrite)")


def test_several_scenarios_have_a_row_each_and_the_categories_are_counted() -> None:
    """A category without any figure has no column."""
    grid, counts = winners_blocks(head_to_heads_of())
    assert isinstance(grid, Grid)
    assert grid.headings == ("scenario", "typical latency", "tail latency", "throughput", "reliability")
    assert grid.rows == (
        ("crowd", "triton", "triton", "triton", "tie"),
        ("clip", "fastapi", "triton", "tie", "tie"),
    )
    assert counts == Sentences(("Won: fastapi 1, triton 4; ties 3.",))


def test_one_scenario_has_a_row_for_each_category() -> None:
    """With the rows that decide it."""
    assert rows(head_to_heads_of()[1:])[0] == ("typical latency", "fastapi", "p50, mean")


def test_a_category_that_is_only_led_says_so() -> None:
    """In its cell."""
    assert rows(head_to_heads_of(2))[1][1] == "fastapi (not tested)"
    noisy = [replace(each, rows=tuple(replace(row, noisy=True) for row in each.rows)) for each in head_to_heads_of()]
    assert rows(noisy)[1][1:] == ("fastapi (noisy)", "triton (noisy)", "tie", "tie")
