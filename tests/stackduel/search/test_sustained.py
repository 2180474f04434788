"""The search for the best number of connections, on servers whose best is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.search_results.sustained import Sustained
from stackduel.model.search_settings import SustainedSettings
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.search.probe import Probe
from stackduel.search.sustained import DESCENT, MOST_DESCENTS, compare_counts, search_sustained
from tests.stackduel.makers import COST, measurement
from tests.stackduel.search.simulated import carried_out, void

LOAD = ClosedLoop(1, duration_s=2.0, warmup_s=0.5)


def rates(rate_of: Callable[[int], float], noise: float = 0.005, seed: int = 1) -> Callable[[Probe], Trial]:
    """A server with a known rate for each number of connections, times a log-normal noise."""
    draw = np.random.default_rng(seed)

    def serve(probe: Probe) -> Trial:
        rate_rps = rate_of(probe.load.connections) * math.exp(noise * draw.standard_normal())
        found = measurement([10.0] * max(1, round(200 * rate_rps)), 200.0)
        return Trial(Place("it", "closed", 1), "rate", found, COST)

    return serve


def found(serve: Callable[[Probe], Result], most: int = 256) -> tuple[Sustained, list[Probe]]:
    return carried_out(search_sustained(LOAD, SustainedSettings(most_connections=most), "7"), serve)


@settings(max_examples=25, deadline=None)
@given(slots=st.integers(1, 200), seed=st.integers(0, 1000))
def test_a_plateau_begins_at_the_waiting_slots(slots: int, seed: int) -> None:
    """With so many slots, the rate grows up to as many connections and then stays: the best is where it begins."""
    sustained, tried = found(rates(lambda count: min(count, slots) / 10, noise=0.002, seed=seed))
    assert sustained.best is not None
    # The fewest within 2 % of the highest, found to 6 % of the count.
    assert 0.95 * slots - 1 <= sustained.best.connections <= 1.07 * slots + 1
    assert sustained.best.rate_rps == pytest.approx(slots / 10, rel=0.05)
    assert len(sustained.explored) <= 25
    rounds = MOST_DESCENTS * SustainedSettings().confirmations
    assert len(tried) <= len(sustained.explored) + rounds * (DESCENT + 2)


def test_a_search_is_seldom_long() -> None:
    """Of fifty servers nineteen in twenty are done in 70 trials: few confirmations find that they began too high."""

    def trials(seed: int) -> int:
        return len(found(rates(lambda count: min(count, 4 * seed) / 10, noise=0.002, seed=seed))[1])

    assert sorted(map(trials, range(1, 51)))[47] <= 70


@pytest.mark.parametrize("peak", [6, 20, 50, 90])
def test_a_peak_is_found_between_the_doublings(peak: int) -> None:
    """A server that thrashes (universal scalability law) is best at its peak, and more connections give less."""
    kappa = 0.95 / peak**2

    def rate_of(count: int) -> float:
        return 100 * count / (1 + 0.05 * (count - 1) + kappa * count * (count - 1))

    sustained, _ = found(rates(rate_of, noise=0.002))
    assert sustained.best is not None
    highest = max(map(rate_of, range(1, 257)))
    assert rate_of(sustained.best.connections) >= highest / 1.03
    fewest = next(count for count in range(1, 257) if rate_of(count) >= highest / 1.035)
    assert fewest <= sustained.best.connections <= peak * 1.1 + 1


def test_it_says_how_sure_it_is() -> None:
    """On a quiet server the best is sure: its neighbour below gives less, and its interval holds the truth."""
    sustained, _ = found(rates(lambda count: min(count, 10) * 10.0, noise=0.002))
    assert sustained.best is not None
    assert (sustained.best.connections, sustained.sure) == (10, True)
    assert sustained.best.low_rps is not None
    assert sustained.best.high_rps is not None
    assert sustained.best.low_rps < 100.0 < sustained.best.high_rps
    assert [each.word for each in sustained.counts if each.connections < 10] == ["lower"]
    assert sustained.sentence.startswith("Best at 10 connections: ")
    assert "; less at 9" in sustained.sentence


def test_on_a_noisy_server_it_is_inconclusive() -> None:
    """Where rates move by 30 % between rounds, the order of neighbours stays undecided, and the sentence says so."""
    several = [found(rates(lambda count: min(count, 10) * 10.0, noise=0.3, seed=seed))[0] for seed in range(20)]
    unsure = [each for each in several if not each.sure]
    assert len(unsure) >= 17
    assert all(each.sentence.startswith("Inconclusive: about ") for each in unsure)
    assert any("undecided at" in each.sentence for each in unsure)


@pytest.mark.parametrize("seed", range(5))
def test_luck_in_the_exploration_is_put_right_by_the_confirmations(seed: int) -> None:
    """With 2 % noise the fewest that seemed enough may be too many: the confirmations go down to the true ones."""
    sustained, _ = found(rates(lambda count: min(count, 16) * 10.0, noise=0.02, seed=seed))
    assert sustained.best is not None
    assert 14 <= sustained.best.connections <= 19


def test_confirmations_are_interleaved_on_fresh_servers() -> None:
    """Every round holds every contested count once, on a server of its own, in orders that differ."""
    sustained, tried = found(rates(lambda count: min(count, 10) * 10.0))
    size = len(sustained.counts)
    assert size >= 3
    last = tried[-5 * size :]
    rounds = [[probe.load.connections for probe in last[at : at + size]] for at in range(0, 5 * size, size)]
    assert all(sorted(each) == [count.connections for count in sustained.counts] for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert all(last[at].fresh for at in range(0, 5 * size, size))


def test_false_surety_is_rare() -> None:
    """On a flat server with 2 % noise one connection is best; a larger count is rarely called the sure best."""
    wrong = 0
    for seed in range(40):
        sustained, _ = found(rates(lambda _count: 100.0, noise=0.02, seed=seed), most=16)
        assert sustained.best is not None
        wrong += sustained.sure and sustained.best.connections > 1
    # Exact binomial: of 40 at 5 % each, 7 or more come with a chance below 1 %.
    assert wrong < 7


def test_the_generator_ends_the_ramp_and_is_named() -> None:
    """Counts whose trials do not count are no candidates, and the sentence says why there are no more."""
    serve = rates(lambda count: count * 10.0)
    sustained, _ = found(
        lambda probe: void(serve(probe), "generator-cpu") if probe.load.connections > 32 else serve(probe)
    )
    assert sustained.best is not None
    assert sustained.best.connections == 32
    assert sustained.sentence.endswith("64 connections were not measured: generator-cpu was closed.")


def test_a_server_that_fails_at_once_has_no_best() -> None:
    """Nothing is made up where nothing was measured."""
    dead = Failure(Place("it", "closed", 1), "the server ended with exit status 9 during the trial\nlog")
    sustained, tried = found(lambda _probe: dead)
    assert (sustained.best, sustained.sure, len(tried)) == (None, False, 1)
    assert "exit status 9" in sustained.sentence


def test_rounds_that_lack_a_count_are_left_out() -> None:
    """Ratios are made within whole rounds; fewer than five of them give no interval and no word."""
    rounds = [{8: 80.0, 10: 100.0}] * 4 + [{8: 80.0}]
    low, high = compare_counts(rounds, 0.02)
    assert (low.word, low.share_low, high.word) == ("inconclusive", None, "highest")
    assert low.share == pytest.approx(0.8)
