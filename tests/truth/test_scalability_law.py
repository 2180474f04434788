"""Whether the scalability law's intervals hold the truth, and no peak is invented, by simulation.

``python tests/performance/bench_scalability_law.py`` draws many more runs.
"""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from tests.truth.scaling_runs import FEW, TRUTHS, tally

RUNS = 60
REJECTED = 0.01


@pytest.mark.parametrize("truth", [TRUTHS[1], TRUTHS[4]])
def test_intervals_hold_the_truth(truth: tuple[float, float]) -> None:
    """Of four numbers of cores in five blocks, 95 % of the intervals hold either parameter; at most 5 % have a peak
    where the coherency is 0, and points of the law are hardly ever called off it.
    """
    found = tally(truth, FEW, RUNS, seed=1)
    for held in (found.contention, found.coherency):
        assert binomtest(held, RUNS, 0.95, alternative="less").pvalue > REJECTED
    if truth[1] == 0:
        assert binomtest(found.peaks, RUNS, 0.05, alternative="greater").pvalue > REJECTED
    else:
        assert found.peaks == RUNS
    assert binomtest(found.misfits, RUNS, 0.01, alternative="greater").pvalue > REJECTED


def test_the_simulation_can_fail() -> None:
    """Intervals of a confidence of 60 % do not pass for 95 %."""
    found = tally(TRUTHS[4], FEW, RUNS, seed=2, confidence=0.6)
    assert binomtest(found.contention, RUNS, 0.95, alternative="less").pvalue < REJECTED
