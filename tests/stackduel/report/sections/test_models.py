"""Reports on models, against a golden file and rule by rule."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.analysis.head_to_head import QPS, TIE, HeadToHead, HeadToHeadRow, head_to_heads
from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.report.markdown.document import render
from stackduel.report.sections import head_to_head, service_levels
from stackduel.report.sections.blocks import Grid, Heading, Sentences
from stackduel.report.sections.crossover import shown_curves
from stackduel.report.sections.head_to_head import head_to_head_blocks, missing, summary
from stackduel.report.sections.head_to_head_words import category_winner, ratio_text, recommended
from stackduel.report.sections.insights import insights
from stackduel.report.sections.models import time_blocks
from stackduel.report.sections.notes import notes
from stackduel.report.terminal.run_report import show
from tests.golden import golden
from tests.stackduel.makers import WAITING, run, trial
from tests.stackduel.report.modelled import CLIP, CROWD, modelled

GOLDEN = Path(__file__).with_name("golden_models.md")


def test_the_report_is_the_golden_one() -> None:
    """Levels, ceilings, where the time goes, and the duel with all that follows from it, exactly as agreed."""
    text = render(modelled())
    assert text == golden(GOLDEN, text)


def test_the_terminal_shows_all_head_to_heads_in_short_and_the_first_in_full() -> None:
    """And every figure of them, however narrow it is."""
    console = Console(file=io.StringIO(), width=80)
    show(modelled(), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.count("fastapi against triton") == 2
    assert text.count("Insights") == text.count("Recommendations") == 1
    assert "(see the report for fastapi against triton: clip)" in text
    assert "crowd: where the time goes" in text
    assert "…" not in text


def test_the_terminal_says_of_many_stacks_where_the_baseline_and_the_fastest_spend_their_time() -> None:
    """The report says it of all."""
    made = modelled()
    third = [
        replace(each, place=replace(each.place, stack="quart"))
        for each in made.results
        if isinstance(each, Trial) and each.place.stack == "fastapi"
    ]
    stacks = {**made.stacks, "quart": made.stacks["fastapi"]}
    made = replace(made, results=(*made.results, *third), stacks=stacks)
    blocks = list(time_blocks(made))
    (place,) = [
        n for n, each in enumerate(blocks) if isinstance(each, Grid) and each.caption == "crowd: where the time goes"
    ]
    spent = blocks[place + 1]
    assert isinstance(spent, Sentences)
    assert spent.brief is not None
    assert [line.partition(":")[0] for line in spent.brief] == ["fastapi", "triton", "The others"]
    assert {line.partition(":")[0] for line in spent.items} >= {"fastapi", "triton", "quart"}


def test_the_scenarios_where_a_stack_pays_are_listed() -> None:
    """By the rate where the load lets it choose, and by the median where that is given; one duel needs no summary."""
    grid, where = summary(head_to_heads_of(modelled()))
    assert [row[0] for row in grid.rows] == ["crowd", "clip"]
    assert where.items == (
        "fastapi is better in: clip 2.33x (2.33-2.34).",
        "triton is better in: crowd 1.14x (1.14-1.14).",
    )
    _, few = summary(head_to_heads_of(modelled((1, 2))))
    assert few.items[0].startswith("fastapi is better (not tested) in: clip 2.33x")
    one = modelled()
    one = replace(one, results=tuple(each for each in one.results if each.place.scenario == "clip"))
    (section,) = head_to_head.sections(one)
    assert [each.caption for each in section.blocks if isinstance(each, Grid)] == ["fastapi against triton: clip"]


def test_a_report_without_models_does_not_mention_them() -> None:
    """An ordinary run has no such tables."""
    ordinary = run([trial("slow", 10), trial("fast", 20)])
    assert list(time_blocks(ordinary)) == []
    assert list(head_to_head.sections(ordinary)) == []
    assert missing(ordinary) is None


def test_every_level_of_every_stack_has_a_cell() -> None:
    """But not of the baseline's twin."""
    (section,) = service_levels.sections(modelled())
    grid = section.blocks[0]
    assert isinstance(grid, Grid)
    assert [len(row) for row in grid.rows] == [1 + len(CROWD.sla)] * 2
    assert grid.headings[1] == "p99 <= 100 ms"
    assert grid.rows[1][:1] + grid.rows[1][2:3] == ("triton", "not reported")


def test_a_duel_that_cannot_be_shown_is_noted() -> None:
    """A missing model is named; so is a pair that never met in one block."""
    whole = modelled()
    alone = replace(whole, suite=replace(whole.suite, duel=("fastapi", "absent")))
    assert "No head-to-head comparison of fastapi and absent: absent not among the stacks." in notes(alone)
    apart = replace(whole, results=tuple(each for each in whole.results if each.place.stack != "triton"))
    assert missing(apart) == "No head-to-head comparison of fastapi and triton: no block in which both were measured."
    assert missing(whole) is None


def head_to_heads_of(made: Run) -> tuple[HeadToHead, ...]:
    return tuple(head_to_heads(made.results, made.suite.scenarios, made.suite.duel))


def clip_pair(rows: dict[str, HeadToHeadRow] | None = None, blocks: int = 5) -> HeadToHead:
    """The made-up pair at a given rate, with some of its rows replaced."""
    result = next(each for each in head_to_heads(modelled(range(1, blocks + 1)).results, [CLIP], ("fastapi", "triton")))
    return replace(result, rows=tuple((rows or {}).get(row.name, row) for row in result.rows))


def insight_text(result: HeadToHead) -> str:
    return "\n".join(map(str, insights(result)))


def test_the_middle_may_have_another_winner_than_the_tail() -> None:
    """Then it is the service's needs that decide, and both rows are named."""
    assert "fastapi is faster in the middle (2.33x" in insight_text(clip_pair())
    assert "triton at the tail (2.22x" in insight_text(clip_pair())
    assert "which of them counts depends on the service, not on the figures. (p50, p99)" in insight_text(clip_pair())


def test_a_wide_spread_is_called_waiting() -> None:
    """And a narrow one not."""
    assert "fastapi's p95 is 6.67 times its p50: with requests all alike that is waiting" in insight_text(clip_pair())
    assert "triton's p95 is 1.29 times its p50: its requests hardly wait for one another." in insight_text(clip_pair())


def test_who_cannot_keep_up_with_the_arrivals_is_named() -> None:
    """Where both can, the rate is no measure of them."""
    both = HeadToHeadRow(QPS, "rate", "higher", 9.99, 9.95, 1.0, 0.99, 1.01, TIE, tested=True)
    assert "Both keep up with the 10 requests that arrive a second" in insight_text(clip_pair({QPS: both}))
    behind = replace(both, second=9.0)
    assert "10 requests arrive a second, and triton answered 9.00 of them in time" in insight_text(
        clip_pair({QPS: behind})
    )
    only_failing = replace(both, second=9.7)
    assert "Both keep up" in insight_text(clip_pair({QPS: only_failing}))


def test_failures_are_named_with_their_share() -> None:
    """3 of every 100 in the last block, 45 of 1,500 in all."""
    assert "triton fails 45 requests (3 %)" in insight_text(clip_pair())
    assert "No graphics processor was observed" in insight_text(clip_pair())


def test_each_side_is_recommended_for_what_it_wins() -> None:
    """With its ratios and its tier; who wins nothing is told so."""
    made, result = modelled(), clip_pair()
    assert recommended("fastapi", result, made).startswith("fastapi (baseline): take it where these count: ")
    assert "p50 2.33x" in recommended("fastapi", result, made)
    assert "p95 2.22x" in recommended("triton", result, made)
    lost = replace(result, rows=tuple(replace(row, winner="fastapi") for row in result.rows))
    assert "no figure here speaks for it" in recommended("triton", lost, made)
    even = replace(result, rows=tuple(replace(row, winner=TIE) for row in result.rows))
    assert recommended("fastapi", even, made).endswith("and it is the cheaper one to move to.")
    assert recommended("triton", even, made).endswith("so what it costs to run and to move to decides.")


def test_a_category_is_won_by_more_rows_or_by_nobody() -> None:
    """One row each is a tie."""
    rows = [replace(clip_pair().row("p50"), winner=winner) for winner in ("fastapi", "triton", "fastapi")]
    assert category_winner(rows, clip_pair()) == "fastapi"
    assert category_winner(rows[:2], clip_pair()) == TIE


def test_with_too_few_blocks_the_leader_is_named_as_untested() -> None:
    """In every row, and once more among the conditions."""
    made = modelled((1, 2))
    table, *below = head_to_head_blocks(head_to_heads_of(made)[0], made)
    assert isinstance(table, Grid)
    winners = [row[3] for row in table.rows]
    assert {word for word in winners if word != "-"} <= {
        "fastapi (not tested)", "triton (not tested)", "tie (not tested)",
    }  # fmt: skip
    conditions = below[below.index(Heading("Conditions")) + 1]
    assert isinstance(conditions, Sentences)
    assert any(line.startswith("Nothing is tested, as that takes 5 blocks") for line in conditions.items)


@pytest.mark.parametrize(
    ("ratio", "low", "high", "text"),
    [(2.0, 1.8, 2.2, "2.00x (1.80-2.20)"), (0.5, 0.4, 0.625, "2.00x (1.60-2.50)"), (0.5, None, None, "2.00x")],
)
def test_a_ratio_is_read_from_the_better_side(ratio: float, low: float | None, high: float | None, text: str) -> None:
    """It is the advantage of the stack beside it."""
    assert ratio_text(HeadToHeadRow("p50", "ms", "lower", 1.0, 2.0, ratio, low, high)) == text


def test_requests_that_all_keep_a_model_at_work_have_no_crossover() -> None:
    """It is about waits; a mix with requests that wait has one."""
    made = modelled()
    assert made.curves
    assert shown_curves(made) == []
    mixed = replace(CROWD, workloads=(*CROWD.workloads, WAITING.workloads[0]))
    assert shown_curves(replace(made, suite=replace(made.suite, scenarios=(mixed,))))
