"""Two stacks against each other: rows, ratios within blocks, winners and ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stackduel.analysis.head_to_head import FAILED, GPU, QPS, SUCCESS_RATE, TIE, TOTAL, HeadToHead, head_to_heads
from stackduel.model.gpu_use import GpuUse
from stackduel.model.trial import Failure, Place, Result, Trial
from tests.stackduel.makers import WAITING, measurement, trial

PAIR = ("left", "right")
ROWS = [TOTAL, "successful", FAILED, SUCCESS_RATE, QPS, "p50", "p95", "p99", "mean", "min", "max", GPU]


def timed(stack: str, block: int, latencies_ms: Sequence[float], failed: int = 0) -> Trial:
    made = trial(stack, 1, block=block)
    return replace(made, measurement=measurement(latencies_ms, failed=failed))


def duel(results: Sequence[Result]) -> HeadToHead:
    (found,) = head_to_heads(results, [WAITING], PAIR)
    return found


def spread(block: int, times: float = 1.0) -> list[float]:
    """A hundred latencies around 100 ms, of a host that is slower in every block."""
    return [times * (90 + 5 * block + part / 10) for part in range(100)]


def test_a_table_has_all_the_rows() -> None:
    """In the order in which they are read; without blocks enough nothing is tested."""
    found = duel([timed("left", 1, spread(1)), timed("right", 1, spread(1, 1.5))])
    assert [row.name for row in found.rows] == ROWS
    assert not found.tested
    assert found.row("p50").winner == "left"
    assert found.row("p50").ratio == pytest.approx(1.5, rel=0.002)
    assert (found.row("p50").low, found.row(TOTAL).winner) == (None, TIE)
    assert found.row(GPU).winner is None


def test_a_ratio_is_that_within_each_block() -> None:
    """A host that gets slower is no difference: half as fast in every block is a ratio without any spread."""
    results = [
        timed(stack, block, spread(block, times))
        for block in range(1, 6)
        for stack, times in (("left", 1.0), ("right", 2.0))
    ]
    found = duel(results)
    assert found.blocks == 5
    for name in ("p50", "p95", "p99", "mean", "min", "max"):
        row = found.row(name)
        assert row.ratio == pytest.approx(2.0, rel=0.002)
        assert row.low == pytest.approx(2.0, rel=0.005)
        assert (row.winner, row.tested) == ("left", True)
    assert {row.name for row in found.won_by("left")} == {"p50", "p95", "p99", "mean", "min", "max"}
    assert found.won_by("right") == ()


def test_a_row_whose_interval_holds_one_is_a_tie() -> None:
    """Ahead in some blocks and behind in others is neither."""
    factors = (0.9, 1.1, 0.95, 1.06, 1.0)
    results = [timed("left", block, spread(block)) for block in range(1, 6)]
    results += [timed("right", block, spread(block, factor)) for block, factor in enumerate(factors, 1)]
    row = duel(results).row("p50")
    assert row.low is not None
    assert row.high is not None
    assert row.low < 1 < row.high
    assert (row.winner, row.tested) == (TIE, True)


def test_a_higher_rate_and_a_lower_time_are_both_better() -> None:
    """A ratio above 1 speaks for the first stack, whatever the figure."""
    results = [timed("left", block, [50.0] * 200) for block in range(1, 6)]
    results += [timed("right", block, [100.0] * 100) for block in range(1, 6)]
    found = duel(results)
    assert found.row(QPS).ratio == pytest.approx(2.0)
    assert found.row("mean").ratio == pytest.approx(2.0)
    assert found.row(QPS).winner == found.row("mean").winner == "left"


def test_percentiles_are_of_all_blocks_together() -> None:
    """100 requests a block are too few for a p99 worth printing, 500 are enough."""
    one = [timed(stack, 1, spread(1)) for stack in PAIR]
    assert (duel(one).row("p99").first, duel(one).row("p99").winner) == (None, None)
    five = [timed(stack, block, spread(block)) for block in range(1, 6) for stack in PAIR]
    assert duel(five).row("p99").first is not None
    few = [timed(stack, block, spread(block)[:99]) for block in range(1, 6) for stack in PAIR]
    assert duel(few).row("p99").ratio is None


def test_the_success_rate_decides_who_fails_less() -> None:
    """No ratio can be made of no failures at all."""
    results: list[Result] = [timed("left", block, spread(block)) for block in range(1, 6)]
    results += [timed("right", block, spread(block), failed=10 + block) for block in range(1, 6)]
    found = duel(results)
    failed = found.row(FAILED)
    assert (failed.first, failed.second, failed.ratio) == (0, 65, None)
    assert (failed.winner, failed.tested) == ("left", True)
    neither = duel([timed(stack, block, spread(block)) for block in range(1, 6) for stack in PAIR])
    assert neither.row(FAILED).winner == neither.row(SUCCESS_RATE).winner == TIE


def test_only_blocks_that_both_were_measured_in_count() -> None:
    """A trial that is void, failed or missing on one side leaves the block out for both."""
    results: list[Result] = [timed("left", block, spread(block)) for block in range(1, 4)]
    results += [replace(timed("right", 1, spread(1)), state="void"), Failure(Place("right", "waiting", 2), "died")]
    assert head_to_heads(results, [WAITING], PAIR) == ()
    assert duel([*results, timed("right", 3, spread(3))]).blocks == 1
    assert head_to_heads(results, [WAITING], ()) == ()


def test_a_gpu_that_both_saw_is_compared() -> None:
    """In shares of the time; one that only one of them saw is not."""
    used = [
        replace(timed(stack, 1, spread(1)), gpu=GpuUse((), percent, None, None, 20))
        for stack, percent in (("left", 33.0), ("right", 55.0))
    ]
    row = duel(used).row(GPU)
    assert (row.first, row.second, row.winner) == (0.33, 0.55, "right")
    lacking = [used[0], replace(used[1], gpu=None)]
    assert (duel(lacking).row(GPU).second, duel(lacking).row(GPU).winner) == (None, None)


def test_blocks_that_the_host_disturbed_make_nobody_a_winner() -> None:
    """A lead on them only is a lead; where five quiet blocks remain, these decide alone."""
    pairs = [
        (timed("left", block, spread(block)), replace(timed("right", block, spread(block, 2.0)), state="noisy"))
        for block in range(1, 4)
    ]
    pairs += [(timed("left", block, spread(block)), timed("right", block, spread(block, 1.5))) for block in range(4, 8)]
    row = duel([each for pair in pairs for each in pair]).row("p50")
    assert (row.winner, row.tested, row.noisy, row.settled) == ("left", True, True, False)
    pairs.append((timed("left", 8, spread(8)), timed("right", 8, spread(8, 1.5))))
    found = duel([each for pair in pairs for each in pair])
    assert found.row("p50").ratio == pytest.approx(1.5, rel=0.002)
    assert (found.blocks, found.noisy, found.row("p50").settled) == (8, False, True)
    assert found.row(TOTAL).first == 800
