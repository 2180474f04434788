"""How often intervals hold the truth, and verdicts say it, over thousands of simulated runs whose truth is known.

No count is compared with a bound of its own: a promise of so many in a hundred is broken where an exact binomial test
rejects it at 1 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from stackduel.analysis.decision import decide, margin
from stackduel.analysis.statistics.intervals import Interval, blocks_for, interval
from stackduel.model.comparison import Verdict

RUNS = 4000
BLOCKS = 5
REJECTED = 0.01
RATIOS = (1.0, 1.05, 1.5, 2.0, 10.0)
# Standard deviations of a pair's log ratio from block to block: a quiet host, a usual one, a noisy one.
SPREADS = (0.005, 0.02, 0.05)


def simulate(
    ratio: float, each_spread: float, seed: int, candidates: int = 1, blocks: int = BLOCKS
) -> NDArray[np.float64]:
    """Log ratios to the baseline of its twin and of candidates, of shape (runs, 1 + candidates, blocks).

    Blocks differ by a third and drift, which falls on all stacks; each trial besides has luck of its own. All ratios
    of a block share the baseline's.
    """
    draw = np.random.default_rng(seed)
    block = draw.normal(0, 0.3, (RUNS, 1, blocks)) + np.linspace(0, 0.5, blocks)
    scores = block + draw.normal(0, each_spread / np.sqrt(2), (RUNS, 2 + candidates, blocks))
    scores[:, 2:] += np.log(ratio)
    found: NDArray[np.float64] = scores[:, 1:] - scores[:, :1]
    return found


def holds(found: Interval | None, ratio: float) -> bool:
    """Whether the truth lies within the interval."""
    assert found is not None
    return found.low <= ratio <= found.high


def verdicts(logs: Iterable[Sequence[float]]) -> list[Verdict]:
    """The words on the candidates of one run, by the margin of its A/A pair, which comes first."""
    twin, *candidates = logs
    # The twin is no candidate: its interval stands for itself, as in a run.
    allowed = margin(interval(twin))
    return [decide(interval(each, len(candidates)), allowed, noisy=False) for each in candidates]


def piloted(logs: NDArray[np.float64], wished: float) -> NDArray[np.float64]:
    """The blocks of a run whose first five say how many there are in all, those five among them."""
    spreads = np.std(logs[:, :BLOCKS], axis=-1, ddof=1)
    return logs[:, : blocks_for(wished, spreads, cap=logs.shape[1], comparisons=len(logs) - 1)]


def kept(successes: int, promised: float) -> bool:
    """Whether so many of all runs are compatible with at least the promised share."""
    return bool(scipy.stats.binomtest(successes, RUNS, promised, alternative="less").pvalue > REJECTED)


def rarely(words: Iterable[Iterable[Verdict]], wrong: set[Verdict]) -> bool:
    """Whether at most 5 % of the runs hold any of the wrong words."""
    return kept(sum(not wrong & set(each) for each in words), 0.95)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("each_spread", SPREADS)
def test_intervals_hold_the_truth_in_95_of_100_runs(ratio: float, each_spread: float) -> None:
    """Five blocks suffice for the coverage that is promised, and it is not bought with intervals that are too wide."""
    seed = round(1000 * ratio + 10_000_000 * each_spread)
    held = sum(holds(interval(logs), ratio) for _, logs in simulate(ratio, each_spread, seed))
    assert scipy.stats.binomtest(held, RUNS, 0.95).pvalue > REJECTED


def test_a_table_of_intervals_holds_all_truths_in_95_of_100_runs() -> None:
    """With eight candidates at once, that share one baseline, no interval misses in at least 95 % of the runs."""
    runs = simulate(1.5, 0.05, seed=2, candidates=8)
    assert kept(sum(all(holds(interval(each, 8), 1.5) for each in candidates) for _, *candidates in runs), 0.95)


@pytest.mark.parametrize("each_spread", SPREADS)
@pytest.mark.parametrize("candidates", [1, 8])
def test_identical_servers_are_rarely_told_apart(candidates: int, each_spread: float) -> None:
    """In at most 5 % of the runs is any of several equal candidates called faster or slower."""
    runs = simulate(1.0, each_spread, seed=3, candidates=candidates)
    assert rarely(map(verdicts, runs), {"faster", "slower"})


@pytest.mark.parametrize("each_spread", SPREADS)
@pytest.mark.parametrize("ratio", [1.5, 2.0, 10.0])
def test_a_great_difference_is_always_found(ratio: float, each_spread: float) -> None:
    """Half as fast again is called faster in every run of five blocks, and the other way round slower."""
    forth = Counter(word for logs in simulate(ratio, each_spread, seed=4) for word in verdicts(logs))
    back = Counter(word for logs in simulate(1 / ratio, each_spread, seed=4) for word in verdicts(logs))
    assert forth == {"faster": RUNS}
    assert back == {"slower": RUNS}


@pytest.mark.parametrize("each_spread", SPREADS)
def test_a_small_difference_is_not_turned_around(each_spread: float) -> None:
    """A candidate that is 5 % faster is rarely called slower, and a quiet host finds it nearly always."""
    words = [verdicts(logs) for logs in simulate(1.05, each_spread, seed=6)]
    assert rarely(words, {"slower"})
    if each_spread == min(SPREADS):
        assert kept(words.count(["faster"]), 0.99)


@pytest.mark.parametrize("each_spread", SPREADS)
def test_what_lies_beyond_the_margin_is_rarely_called_equivalent(each_spread: float) -> None:
    """Where the truth differs by more than the run's margin, the word that it does not is rarely said."""
    ratio, called = 1.05, 0
    for twin, logs in simulate(ratio, each_spread, seed=7):
        allowed = margin(interval(twin))
        assert allowed is not None
        called += ratio > 1 + allowed and decide(interval(logs), allowed, noisy=False) == "equivalent"
    assert kept(RUNS - called, 0.95)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_pilot_that_fixes_the_count_keeps_the_coverage(ratio: float) -> None:
    """Where the first five blocks decide how many there are in all, the table's intervals hold no less often."""
    runs = simulate(ratio, 0.05, seed=5 + round(100 * ratio), candidates=3, blocks=40)
    counts, held = Counter[int](), 0
    for logs in runs:
        chosen = piloted(logs, wished=0.06)
        counts[chosen.shape[1]] += 1
        held += all(holds(interval(each, 3), ratio) for each in chosen[1:])
    # The pilot really decides: some runs end with it, most go on, and few are stopped by the cap.
    assert len(counts) > 20
    assert counts[40] < RUNS / 10
    assert kept(held, 0.95)


@pytest.mark.parametrize("each_spread", SPREADS)
def test_a_pilot_finds_no_false_winners(each_spread: float) -> None:
    """Equal candidates are told apart in at most 5 % of the runs, also where a pilot has fixed the count."""
    runs = simulate(1.0, each_spread, seed=8, candidates=3, blocks=40)
    assert rarely((verdicts(tuple(piloted(logs, wished=0.02))) for logs in runs), {"faster", "slower"})
