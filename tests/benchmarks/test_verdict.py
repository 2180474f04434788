"""From trials to speedups and the migration matrix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.trial import Comparison, Failure, Place
from benchmarks.verdict import compare, matrix_word, migrations
from tests.benchmarks.makers import trial


def test_the_speedup_of_rates_is_candidate_over_baseline() -> None:
    """Twice the requests in the same window is a speedup of two."""
    (found,) = compare([trial("slow", 100), trial("fast", 200)], "slow")
    assert (found.scenario, found.baseline, found.candidate, found.metric) == ("waiting", "slow", "fast", "rate")
    assert found.speedup == pytest.approx(2.0)
    assert (found.low, found.high, found.confidence, found.verdict) == (None, None, None, "not tested")


def test_the_speedup_of_times_is_baseline_over_candidate() -> None:
    """A request that takes a tenth of the time is a speedup of ten, whatever the rate."""
    slow = trial("slow", 3, latency_ms=1000, metric="time")
    (found,) = compare([slow, trial("fast", 3, latency_ms=100, metric="time")], "slow")
    assert found.speedup == pytest.approx(10.0, rel=0.002)


def test_blocks_are_paired_before_they_are_averaged() -> None:
    """The ratio is taken within each block, so a host that halves its speed between blocks changes nothing."""
    results = [trial("slow", 100), trial("fast", 300)]
    results += [trial("slow", 50, block=2), trial("fast", 150, block=2)]
    assert compare(results, "slow")[0].speedup == pytest.approx(3.0)


def test_five_blocks_give_an_interval_and_four_do_not() -> None:
    """From five blocks on the speedup has bounds, at a confidence for the whole table; before that it has none."""
    results = []
    for block, requests in enumerate((198, 204, 200, 196, 202), 1):
        results += [trial("slow", 100, block=block), trial("fast", requests, block=block)]
    (found,) = compare(results, "slow")
    assert found.low is not None
    assert found.high is not None
    assert 1.9 < found.low < found.speedup < found.high < 2.1
    assert found.confidence == 0.95
    assert compare(results[:8], "slow")[0].low is None
    (wider, _) = compare([*results, *(trial("other", 100, block=block) for block in range(1, 6))], "slow")
    assert wider.low is not None
    assert wider.low < found.low, "two comparisons share the risk that one has alone"


def test_a_failure_is_never_a_zero() -> None:
    """A stack whose trial failed in one block is compared in the others; without any it is not compared."""
    lost = Failure(Place("fast", "waiting", 2), "it died")
    results = [trial("slow", 100), trial("fast", 200), trial("slow", 100, block=2)]
    assert compare([*results, lost], "slow")[0].speedup == pytest.approx(2.0)
    assert compare([trial("slow", 100, block=2), lost], "slow") == ()
    assert compare([trial("slow", 100), trial("fast", 0, failed=5)], "slow") == ()


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), min_size=1, max_size=6))
def test_swapping_the_sides_inverts_the_speedup(pairs: list[tuple[int, int]]) -> None:
    """A is x times as fast as B exactly when B is 1/x times as fast as A."""
    results = []
    for block, (one, other) in enumerate(pairs, 1):
        results += [trial("a", one, block=block), trial("b", other, block=block)]
    assert compare(results, "a")[0].speedup * compare(results, "b")[0].speedup == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("speedup", "word"),
    [
        (0.9, "no benefit"),
        (1.5, "moderate benefit"),
        (2.0, "good candidate"),
        (5.0, "strong case"),
        (10.0, "strong case"),
        (10.1, "migrate as soon as possible"),
    ],
)
def test_the_matrix_has_the_classic_bounds(speedup: float, word: str) -> None:
    """Below 2, from 2, from 5 and above 10 have the words of the published matrix."""
    assert matrix_word(speedup) == word


def test_the_matrix_reads_the_lower_bound_where_there_is_one() -> None:
    """An interval from 1.5 to 20 around 6 is a moderate benefit, not a strong case."""
    sure = Comparison("s", "a", "b", "rate", 6.0, 1.5, 20.0, 0.95)
    unsure = Comparison("s", "a", "c", "rate", 6.0)
    first, second = migrations([sure, unsure])
    assert (first.word, second.word) == ("moderate benefit", "strong case")
