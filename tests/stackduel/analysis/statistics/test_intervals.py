"""Intervals of speedups against textbooks, and the laws that every such interval obeys."""

from __future__ import annotations

import math
import statistics

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.statistics.intervals import (
    FEWEST_BLOCKS,
    Interval,
    blocks_for,
    half_width,
    interval,
    log_ratios,
)

# Extra hours of sleep by one drug over another, of ten patients (Student, Biometrika 6, 1908): the mean is 1.58 with a
# standard deviation of 1.23, and its 95 % interval goes from 0.70 to 2.46.
SLEEP_H = (1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4)

SCORES = st.floats(0.01, 1e5)
BLOCKS = st.lists(st.tuples(SCORES, SCORES), min_size=FEWEST_BLOCKS, max_size=20)


def of(pairs: list[tuple[float, float]], comparisons: int = 1) -> Interval:
    """The interval of candidate over baseline, in the order of the pairs."""
    found = interval(log_ratios([one for one, _ in pairs], [other for _, other in pairs]), comparisons)
    assert found is not None
    return found


def test_the_interval_is_students() -> None:
    """The oldest published example of a paired comparison comes out as in the textbooks."""
    found = interval(SLEEP_H)
    assert found is not None
    assert statistics.stdev(SLEEP_H) == pytest.approx(1.229995)
    assert math.log(found.ratio) == pytest.approx(1.58)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((0.7001142, 2.4598858))
    assert (found.blocks, found.confidence, found.comparisons) == (10, 0.95, 1)


@pytest.mark.parametrize(
    ("blocks", "comparisons", "confidence", "t"),
    [(5, 1, 0.95, 2.776), (5, 5, 0.95, 4.604), (10, 1, 0.99, 3.250), (31, 1, 0.95, 2.042), (5, 10, 0.95, 5.598)],
)
def test_the_quantiles_are_those_of_the_tables(blocks: int, comparisons: int, confidence: float, t: float) -> None:
    """The half-width is the tabulated t over the root of the blocks, for a spread of one."""
    expected = math.expm1(0.1 * t / math.sqrt(blocks))
    assert half_width(0.1, blocks, comparisons, confidence) == pytest.approx(expected, rel=3e-4)


@given(BLOCKS, st.integers(1, 40))
def test_the_interval_is_scipys(pairs: list[tuple[float, float]], comparisons: int) -> None:
    """Whatever the data, scipy's own one-sample interval at the shared risk is the same."""
    logs = log_ratios([one for one, _ in pairs], [other for _, other in pairs])
    found = of(pairs, comparisons)
    if statistics.stdev(logs) < 1e-6:
        return
    theirs = scipy.stats.ttest_1samp(logs, 0.0).confidence_interval(1 - 0.05 / comparisons)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-6)


@given(BLOCKS)
def test_the_interval_leaves_out_1_where_scipys_test_rejects_it(pairs: list[tuple[float, float]]) -> None:
    """A ratio of 1 lies outside of the interval exactly where scipy's one-sample t test rejects it at 5 %."""
    logs = log_ratios([one for one, _ in pairs], [other for _, other in pairs])
    if statistics.stdev(logs) < 1e-6:
        return
    found = of(pairs)
    p_value = float(scipy.stats.ttest_1samp(logs, 0.0).pvalue)
    if abs(p_value - 0.05) > 1e-6:
        assert (found.low > 1 or found.high < 1) == (p_value < 0.05)


@given(BLOCKS)
def test_swapping_the_sides_inverts_the_interval(pairs: list[tuple[float, float]]) -> None:
    """A is between l and h times as fast as B exactly when B is between 1/h and 1/l times as fast as A."""
    found, swapped = of(pairs), of([(other, one) for one, other in pairs])
    inverted = (1 / found.ratio, 1 / found.high, 1 / found.low)
    assert (swapped.ratio, swapped.low, swapped.high) == pytest.approx(inverted, rel=1e-6)


@given(BLOCKS, st.lists(st.floats(0.001, 1000), min_size=20, max_size=20), st.floats(0.1, 10))
def test_what_both_sides_share_cancels_out(pairs: list[tuple[float, float]], drift: list[float], factor: float) -> None:
    """A host that is faster in one block than in another changes nothing; a candidate twice as fast doubles all."""
    found = of(pairs)
    drifted = of([(one * d * factor, other * d) for (one, other), d in zip(pairs, drift, strict=False)])
    scaled = (found.ratio * factor, found.low * factor, found.high * factor)
    assert (drifted.ratio, drifted.low, drifted.high) == pytest.approx(scaled, rel=1e-6)


@given(BLOCKS, st.integers(1, 30))
def test_more_comparisons_widen_and_more_blocks_narrow(pairs: list[tuple[float, float]], comparisons: int) -> None:
    """The risk is shared by all intervals of a table; the same figures seen twice as often bound more tightly."""
    found = of(pairs, comparisons)
    wider = of(pairs, comparisons + 1)
    assert wider.low <= found.low <= found.ratio <= found.high <= wider.high
    narrower = of(pairs * 2, comparisons)
    assert narrower.half_width <= found.half_width * (1 + 1e-9)


@given(BLOCKS, st.integers(1, 30))
def test_an_interval_knows_its_spread(pairs: list[tuple[float, float]], comparisons: int) -> None:
    """Spread and half-width can be read off the bounds, and lead to one another."""
    found = of(pairs, comparisons)
    logs = log_ratios([one for one, _ in pairs], [other for _, other in pairs])
    assert found.spread == pytest.approx(statistics.stdev(logs), rel=1e-6, abs=1e-9)
    assert found.high == pytest.approx(found.ratio * (1 + found.half_width))
    again = half_width(found.spread, found.blocks, comparisons)
    assert again == pytest.approx(found.half_width, rel=1e-6, abs=1e-9)


def test_too_few_blocks_have_no_interval() -> None:
    """Four ratios bound nothing, and equal ones bound themselves."""
    assert interval([0.1] * (FEWEST_BLOCKS - 1)) is None
    found = interval([math.log(2)] * FEWEST_BLOCKS)
    assert found is not None
    assert (found.ratio, found.half_width) == pytest.approx((2.0, 0.0))


def test_what_is_no_interval_is_refused() -> None:
    """Scores of nothing, sides of different length, no comparison and certainty are errors, not figures."""
    for candidate, baseline in ((0.0, 1.0), (1.0, 0.0), (-1.0, -1.0)):
        with pytest.raises(ValueError, match=r"positive|domain"):
            log_ratios([candidate], [baseline])
    with pytest.raises(ValueError, match="zip"):
        log_ratios([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="0 comparisons"):
        interval([0.0] * 5, comparisons=0)
    with pytest.raises(ValueError, match="confidence of 1"):
        interval([0.0] * 5, confidence=1.0)
    with pytest.raises(ValueError, match="4 are too few"):
        half_width(0.1, 4)


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=5), st.floats(0.005, 0.5), st.integers(1, 12))
def test_the_pilots_count_is_the_fewest(spreads: list[float], wished: float, comparisons: int) -> None:
    """The blocks planned reach the wished half-width for the largest spread, and one less would not."""
    blocks = blocks_for(wished, spreads, cap=60, comparisons=comparisons)
    assert FEWEST_BLOCKS <= blocks <= 60
    if blocks < 60:
        assert half_width(max(spreads), blocks, comparisons) <= wished
    if blocks > FEWEST_BLOCKS:
        assert half_width(max(spreads), blocks - 1, comparisons) > wished


def test_a_known_plan() -> None:
    """A spread of 5 % takes 27 blocks for a half-width of 2 %: t * 0.05 / sqrt(n) is then first below log 1.02."""
    assert 2.0555 * 0.05 / math.sqrt(27) < math.log(1.02) < 2.0595 * 0.05 / math.sqrt(26)
    assert blocks_for(0.02, [0.01, 0.05], cap=100) == 27
    assert blocks_for(0.02, [0.05], cap=20) == 20


def test_impossible_plans_are_refused() -> None:
    """No half-width of zero, no cap below the fewest blocks, no plan without a pilot."""
    with pytest.raises(ValueError, match="above 0"):
        blocks_for(0.0, [0.1], cap=10)
    with pytest.raises(ValueError, match="takes 5 blocks"):
        blocks_for(0.02, [0.1], cap=4)
    with pytest.raises(ValueError, match="empty"):
        blocks_for(0.02, [], cap=10)
