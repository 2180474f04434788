"""Intervals between independent sets of blocks: against scipy, and against truths that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.analysis.statistics.welch import unpaired

LOGS = st.lists(st.floats(-3, 3), min_size=FEWEST_BLOCKS, max_size=15)


@given(LOGS, LOGS, st.integers(1, 20))
def test_the_interval_is_scipys(new: list[float], old: list[float], comparisons: int) -> None:
    """Whatever the data, scipy's own Welch interval at the shared risk is the same."""
    found = unpaired(new, old, comparisons)
    assert found is not None
    if max(np.std(new), np.std(old)) < 1e-6:
        return
    theirs = scipy.stats.ttest_ind(new, old, equal_var=False).confidence_interval(1 - 0.05 / comparisons)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-6)


def test_blocks_without_any_spread_leave_no_doubt() -> None:
    """The interval is the ratio itself."""
    found = unpaired([math.log(2)] * 5, [0.0] * 6)
    assert found is not None
    assert (found.ratio, found.low, found.high) == pytest.approx((2, 2, 2))
    assert found.blocks == 5


@given(LOGS, LOGS)
def test_swapping_the_sides_inverts_the_interval(new: list[float], old: list[float]) -> None:
    """New is between l and h times the old exactly when the old is between 1/h and 1/l times the new."""
    found, swapped = unpaired(new, old), unpaired(old, new)
    assert found is not None
    assert swapped is not None
    assert (swapped.low, swapped.high) == pytest.approx((1 / found.high, 1 / found.low), rel=1e-6)


def test_too_few_blocks_on_either_side_give_no_interval() -> None:
    """Five of each are needed, as within a run."""
    assert unpaired([0.0] * 4, [0.0] * 20) is unpaired([0.0] * 20, [0.0] * 4) is None


@pytest.mark.parametrize(("comparisons", "confidence"), [(0, 0.95), (1, 0.0), (1, 1.0)])
def test_no_interval_is_made_of_nonsense(comparisons: int, confidence: float) -> None:
    """As within a run."""
    with pytest.raises(ValueError, match="no interval for"):
        unpaired([0.0] * 5, [0.0] * 5, comparisons, confidence)


@pytest.mark.parametrize(
    ("counts", "spreads"),
    [((5, 5), (0.1, 0.1)), ((5, 12), (0.02, 0.2)), ((12, 5), (0.02, 0.2)), ((20, 8), (0.1, 0.05))],
)
def test_the_truth_lies_within_as_often_as_promised(counts: tuple[int, int], spreads: tuple[float, float]) -> None:
    """Of 3,000 pairs of runs, of any sizes and spreads, 95 % hold the true ratio (five standard errors allowed)."""
    rng = np.random.default_rng(20_260_102)
    truth, runs = math.log(0.9), 3000
    held = 0
    for _ in range(runs):
        new = rng.normal(truth, spreads[0], counts[0])
        old = rng.normal(0.0, spreads[1], counts[1])
        found = unpaired(new.tolist(), old.tolist())
        held += found is not None and found.low <= 0.9 <= found.high
    # Welch's approximation itself is off by up to a per cent at five blocks.
    assert 0.93 <= held / runs <= 0.975
