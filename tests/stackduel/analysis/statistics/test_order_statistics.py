"""Medians with their distribution-free intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, quantile_test

from stackduel.analysis.statistics.order_statistics import median
from stackduel.model.estimates import Median


def test_the_interval_of_ten_is_that_of_the_tables() -> None:
    """The second smallest and second largest of ten enclose the median with 97.85 %."""
    found = median([float(value) for value in range(10, 0, -1)])
    assert (found.value, found.low, found.high) == (5.5, 2.0, 9.0)
    assert found.confidence == pytest.approx(1 - 2 * 11 / 1024)


def test_five_values_are_too_few_for_95_percent() -> None:
    """Their extremes miss the median with 6.25 %; six values are enough, one is a median alone."""
    assert median([1.0, 2.0, 3.0, 4.0, 5.0]) == Median(3.0)
    assert (median([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).low, median([7.0])) == (1.0, Median(7.0))


def test_no_values_have_no_median() -> None:
    """Nothing is made up."""
    with pytest.raises(ValueError, match="no median"):
        median([])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_the_median_lies_in_its_interval(values: list[float]) -> None:
    """Whatever the values, the bounds are two of them, around the median."""
    found = median(values)
    if found.low is not None and found.high is not None and found.confidence is not None:
        assert found.low <= found.value <= found.high
        assert {found.low, found.high} <= set(values)
        assert found.confidence >= 0.95


@pytest.mark.parametrize("count", [8, 10, 25])
def test_the_coverage_is_what_it_says_for_skewed_values(count: int) -> None:
    """An exact binomial test at 1 % does not reject the stated confidence on log-normal values."""
    draw = np.random.default_rng(5)
    runs = 2000
    founds = [median(draw.lognormal(0.0, 1.0, count).tolist()) for _ in range(runs)]
    hits = sum(1 for each in founds if each.low is not None and each.high is not None and each.low <= 1.0 <= each.high)
    assert founds[0].confidence is not None
    assert binomtest(hits, runs, founds[0].confidence).pvalue > 0.01


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50, unique=True))
def test_the_interval_is_scipys(values: list[float]) -> None:
    """The bounds are those of scipy's test of a median, and the values beyond them are rejected by it."""
    found = median(values)
    theirs = quantile_test(values, p=0.5).confidence_interval(0.95)
    if found.low is None or found.high is None:
        assert not (np.isfinite(theirs.low) and np.isfinite(theirs.high))
        return
    assert (found.low, found.high) == (theirs.low, theirs.high)
