"""Whether the number of launches that a pilot fixes is enough to find a change of 10 %, by simulation.

``python tests/performance/bench_commit_power.py`` draws many more runs.
"""

from __future__ import annotations

import pytest
import scipy.stats

from tests.truth.commit_runs import FALSE, FOUND, SLOWER, SPREADS, verdicts

RUNS = 1000
REJECTED = 0.01


@pytest.mark.parametrize("spread", SPREADS[::3], ids=lambda spread: f"spread-{spread:g}")
def test_a_change_of_a_tenth_is_found(spread: float) -> None:
    """Of runs in which head takes 10 % longer, at least 98 in 100 call it slower."""
    found = sum(each == "slower" for each in verdicts(spread, SLOWER, RUNS, seed=1))
    assert scipy.stats.binomtest(found, RUNS, FOUND, alternative="less").pvalue > REJECTED


@pytest.mark.parametrize("spread", SPREADS[::3], ids=lambda spread: f"spread-{spread:g}")
def test_equal_commits_have_no_winner(spread: float) -> None:
    """Of runs of equal commits at most 5 in 100 name one."""
    named = sum(each in {"faster", "slower"} for each in verdicts(spread, 1.0, RUNS, seed=2))
    assert scipy.stats.binomtest(named, RUNS, FALSE, alternative="greater").pvalue > REJECTED


def test_the_simulation_can_fail() -> None:
    """A change of 4 % is not found so often: the number of launches is for one of 10 %."""
    found = sum(each == "slower" for each in verdicts(0.08, 1 / 1.04, RUNS, seed=3))
    assert found < FOUND * RUNS
