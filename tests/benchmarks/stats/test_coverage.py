"""How often the intervals hold the truth, and identical servers are told apart, over thousands of simulated runs."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from benchmarks.stats.decision import decide, margin
from benchmarks.stats.intervals import blocks_for, interval, spread
from benchmarks.trial import Verdict

RUNS = 4000
BLOCKS = 5
# An exact binomial test rejects at this level.
REJECTED = 0.01


def simulate(ratio: float, seed: int, candidates: int = 1, blocks: int = BLOCKS) -> NDArray[np.float64]:
    """Log ratios to the baseline of its twin and of candidates, of shape (runs, 1 + candidates, blocks).

    Blocks differ by a third and drift, which falls on all stacks; each trial besides has a fresh server's own luck and
    what is left of the noise of its requests.
    """
    draw = np.random.default_rng(seed)
    shape = (RUNS, 2 + candidates, blocks)
    block = draw.normal(0, 0.3, (RUNS, 1, blocks)) + np.linspace(0, 0.5, blocks)
    scores = block + draw.normal(0, 0.04, shape) + draw.normal(0, 0.02, shape)
    scores[:, 2:] += np.log(ratio)
    found: NDArray[np.float64] = scores[:, 1:] - scores[:, :1]
    return found


def verdicts(runs: NDArray[np.float64]) -> list[list[Verdict]]:
    """The words on the candidates of each run, by the margin of its A/A pair."""
    words = []
    for twin, *candidates in runs:
        allowed = margin(interval(twin, len(candidates)))
        words.append([decide(interval(each, len(candidates)), allowed, noisy=False) for each in candidates])
    return words


@pytest.mark.parametrize("ratio", [1.0, 1.05, 1.5, 2.0, 10.0])
def test_intervals_hold_the_truth_in_95_of_100_runs(ratio: float) -> None:
    """Five blocks suffice for the coverage that is promised, and it is not bought with intervals that are too wide."""
    held = 0
    for _, logs in simulate(ratio, seed=round(100 * ratio)):
        found = interval(logs)
        assert found is not None
        held += found.low <= ratio <= found.high
    assert scipy.stats.binomtest(held, RUNS, 0.95).pvalue > REJECTED


def test_a_table_of_intervals_holds_all_truths_in_95_of_100_runs() -> None:
    """With eight candidates at once, that share one baseline, no interval misses in at least 95 % of the runs."""
    held = 0
    for _, *candidates in simulate(1.5, seed=2, candidates=8):
        intervals = [interval(logs, comparisons=8) for logs in candidates]
        held += all(found is not None and found.low <= 1.5 <= found.high for found in intervals)
    assert scipy.stats.binomtest(held, RUNS, 0.95, alternative="less").pvalue > REJECTED


def test_a_pilot_that_fixes_the_count_keeps_the_coverage() -> None:
    """Where the first five blocks decide how many there are in all, the table's intervals hold no less often."""
    most, wished, held = 40, 0.07, 0
    for logs in simulate(1.5, seed=5, candidates=3, blocks=most):
        count = blocks_for(wished, [spread(each) for each in logs[:, :BLOCKS]], cap=most, comparisons=3)
        intervals = [interval(each[:count], comparisons=3) for each in logs[1:]]
        held += all(found is not None and found.low <= 1.5 <= found.high for found in intervals)
    assert scipy.stats.binomtest(held, RUNS, 0.95, alternative="less").pvalue > REJECTED


@pytest.mark.parametrize("candidates", [1, 8])
def test_identical_servers_are_rarely_told_apart(candidates: int) -> None:
    """In at most 5 % of the runs is any of several equal candidates called faster or slower."""
    told = sum(
        bool({"faster", "slower"} & set(words)) for words in verdicts(simulate(1.0, seed=3, candidates=candidates))
    )
    assert scipy.stats.binomtest(told, RUNS, 0.05, alternative="greater").pvalue > REJECTED


def test_a_true_difference_is_found() -> None:
    """A candidate one and a half times as fast is called faster in nearly all runs of five blocks."""
    found = [words[0] for words in verdicts(simulate(1.5, seed=4))]
    assert found.count("faster") > 0.97 * RUNS
    assert "slower" not in found
