"""The histogram against numpy, against itself, and against HdrHistogram's own Python package."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.histogram import MAX_VALUE_NS, Histogram, LatencySummary, fewest_for, summarise

DURATIONS_NS = st.one_of(
    st.integers(0, 5_000),
    st.integers(0, MAX_VALUE_NS),
    st.integers(0, 42).map(lambda bits: min(1 << bits, MAX_VALUE_NS)),
)
LISTS_NS = st.lists(DURATIONS_NS, max_size=60)


def histogram(values_ns: list[int]) -> Histogram:
    """The histogram of a list."""
    return Histogram.of(np.array(values_ns, dtype=np.int64))


def oracle(values_ns: list[int]) -> HdrHistogram:
    """HdrHistogram's own histogram of a list, in the same layout."""
    recorded = HdrHistogram(1, MAX_VALUE_NS, 3)
    for value in values_ns:
        recorded.record_value(value)
    return recorded


@given(LISTS_NS, LISTS_NS, LISTS_NS)
def test_merging_is_the_same_in_any_order_and_grouping(a: list[int], b: list[int], c: list[int]) -> None:
    """However shards are merged, the result is the histogram of all their values together."""
    x, y, z = histogram(a), histogram(b), histogram(c)
    assert (x + y) + z == x + (y + z) == (z + x).merge(y) == histogram(a + b + c)
    assert x + Histogram.empty() == x == Histogram.empty() + x


@given(st.lists(DURATIONS_NS, min_size=1, max_size=200), st.floats(0.001, 1))
def test_a_quantile_is_off_by_a_thousandth_at_most(values_ns: list[int], q: float) -> None:
    """Every quantile is the nearest-rank value, or above it by less than one in 1,024."""
    true = int(np.quantile(values_ns, q, method="inverted_cdf"))
    assert true <= histogram(values_ns).quantile_ns(q) <= true * (1 + 1 / 1024)


@given(st.lists(DURATIONS_NS, min_size=1, max_size=100))
def test_sums_and_extremes_are_exact(values_ns: list[int]) -> None:
    """Count, mean, minimum and maximum are those of the values, not of buckets."""
    found = histogram(values_ns)
    assert found.count == len(values_ns)
    assert found.total_ns == sum(values_ns)
    assert found.mean_ns == sum(values_ns) / len(values_ns)
    assert (found.min_ns, found.max_ns) == (min(values_ns), max(values_ns))


@settings(deadline=None, max_examples=30)
@given(LISTS_NS)
def test_the_encoding_is_hdrhistogram_s_to_the_byte(values_ns: list[int]) -> None:
    """The written form is HdrHistogram's, and each reads the other."""
    ours, theirs = histogram(values_ns), oracle(values_ns)
    assert ours.encode() == theirs.encode().decode()
    read = HdrHistogram.decode(ours.encode())
    assert read.get_total_count() == len(values_ns)
    decoded = Histogram.decode(theirs.encode().decode())
    assert decoded.first == ours.first
    assert decoded.counts.tolist() == ours.counts.tolist()


@settings(deadline=None, max_examples=20)
@given(st.lists(DURATIONS_NS, min_size=1, max_size=60), st.sampled_from([0.01, 0.5, 0.9, 0.99, 0.999, 1.0]))
def test_quantiles_are_hdrhistogram_s(values_ns: list[int], q: float) -> None:
    """A decoded histogram has HdrHistogram's extremes and mean, and its quantile, except for the rounding of a rank."""
    theirs = oracle(values_ns)
    ours = Histogram.decode(theirs.encode().decode())
    assert ours.min_ns == theirs.get_lowest_equivalent_value(theirs.get_min_value())
    assert ours.max_ns == min(theirs.get_max_value(), MAX_VALUE_NS)
    assert ours.mean_ns == pytest.approx(theirs.get_mean_value())
    rank = q * len(values_ns)
    if abs(rank - round(rank)) < 1e-9:
        assert ours.quantile_ns(q) == min(theirs.get_value_at_percentile(100 * q), MAX_VALUE_NS)


def test_large_counts_survive_the_encoding() -> None:
    """Billions of values of one kind, as a day of load merges to, come back."""
    part = histogram([10, 1_000_000, 1_000_000])
    total = part
    for _ in range(31):
        total = total + total
    back = Histogram.decode(total.encode())
    assert back.counts.tolist() == total.counts.tolist()
    assert back.count == 3 * 2**31


@pytest.mark.parametrize("text", ["", "HIST", "!", "SElTVA==", oracle([1, 2, 3]).encode().decode()[:-8]])
def test_what_is_no_histogram_is_refused(text: str) -> None:
    """Text that is not a whole encoded histogram raises ValueError and nothing else."""
    with pytest.raises(ValueError, match="histogram"):
        Histogram.decode(text)


def test_other_layouts_are_refused() -> None:
    """A histogram of other precision or range cannot be mixed up with ours."""
    coarse = HdrHistogram(1, MAX_VALUE_NS, 2)
    coarse.record_value(5)
    with pytest.raises(ValueError, match="layout"):
        Histogram.decode(coarse.encode().decode())
    longer = HdrHistogram(1, 100 * MAX_VALUE_NS, 3)
    longer.record_value(50 * MAX_VALUE_NS)
    with pytest.raises(ValueError, match="3,600 s"):
        Histogram.decode(longer.encode().decode())


def test_durations_beyond_the_range_are_clamped_and_counted() -> None:
    """More than an hour counts as an hour, and is told."""
    found = histogram([1, MAX_VALUE_NS, MAX_VALUE_NS + 1, 2**62])
    assert (found.count, found.clamped, found.max_ns) == (4, 2, MAX_VALUE_NS)
    assert (found + found).clamped == 4


def test_impossible_durations_and_questions_are_refused() -> None:
    """Negative durations, quantiles outside of (0, 1] and those of nothing raise ValueError."""
    with pytest.raises(ValueError, match="negative"):
        histogram([3, -1])
    for q in (0, -0.5, 1.01, float("nan")):
        with pytest.raises(ValueError, match="quantile"):
            histogram([1]).quantile_ns(q)
    with pytest.raises(ValueError, match="empty"):
        Histogram.empty().quantile_ns(0.5)
    with pytest.raises(ValueError, match="empty"):
        _ = Histogram.empty().mean_ns


def test_a_rank_is_not_rounded_up_by_the_last_bit() -> None:
    """The 7th of 100 values is the 7 % quantile, though 0.07 * 100 is a little more than 7."""
    assert histogram(list(range(1, 101))).quantile_ns(0.07) == 7


def test_sums_do_not_overflow() -> None:
    """Millions of values of an hour add up beyond 63 bits."""
    values = np.full(3_000_000, MAX_VALUE_NS)
    found = Histogram.of(values)
    assert found.total_ns == 3_000_000 * MAX_VALUE_NS > 2**63


def test_equal_content_is_equal() -> None:
    """Histograms are compared by what they hold, and equal ones have equal hashes."""
    assert histogram([5, 7_000]) == histogram([7_000, 5])
    assert hash(histogram([5, 7_000])) == hash(histogram([7_000, 5]))
    assert histogram([5]) != histogram([6])
    assert histogram([5]) != "a text"


def test_percentiles_are_shown_from_as_many_requests_as_they_need() -> None:
    """p99 appears with the 459th request and p99.9 with the 4,603rd; mean and extremes with the first."""
    assert [fewest_for(q) for q in (0.5, 0.9, 0.95, 0.99, 0.999)] == [7, 44, 90, 459, 4603]
    assert summarise(Histogram.empty()) == LatencySummary()
    one = summarise(histogram([2_000_000]))
    assert (one.mean, one.min, one.max, one.p50) == (2.0, 2.0, 2.0, None)
    assert summarise(histogram([1_000_000] * 458)).p99 is None
    assert summarise(histogram([1_000_000] * 459)).p99 == 1.0
    assert summarise(histogram([1_000_000] * 4602)).p999 is None
    assert summarise(histogram([1_000_000] * 4603)).p999 == 1.0


def test_the_deviation_is_that_of_the_sample() -> None:
    """As computed from the values themselves, to the width of a bucket; not a number below two values."""
    values = np.random.default_rng(3).normal(15e6, 2e6, 500).astype(np.int64)
    assert Histogram.of(values).deviation_ns == pytest.approx(float(np.std(values, ddof=1)), rel=0.002)
    assert Histogram.of(np.array([5_000_000] * 3)).deviation_ns == pytest.approx(0, abs=5_000)
    assert math.isnan(Histogram.of(np.array([5_000_000])).deviation_ns)
