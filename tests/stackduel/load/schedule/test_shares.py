"""Shares: the parts of a load sum up to it, and its connections open in an even row."""

from __future__ import annotations

import json
from itertools import islice, pairwise
from math import ceil

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import expon, kstest

from stackduel.load.recording.timeline import MOST_WINDOWS, window_width_s
from stackduel.load.schedule.arrivals import arrivals_s, drawn, endless_arrivals_s
from stackduel.load.schedule.deadlines import DRAIN_WITHIN_S, longest_drain_s, longest_warmup_s, longest_window_s
from stackduel.load.schedule.shares import OPENING_WITHIN_S, Share, drawn_openings, opening_times, split, split_evenly
from stackduel.model.suite import ArrivalProcess, ClosedLoop, OpenLoop

LOADS = st.builds(
    ClosedLoop,
    connections=st.integers(1, 500),
    requests=st.integers(1, 2000),
    warmup_s=st.floats(0, 10),
    warmup_requests=st.integers(0, 1000),
) | st.builds(
    ClosedLoop,
    connections=st.integers(1, 500),
    duration_s=st.floats(0.1, 1000),
    warmup_s=st.floats(0, 10),
    warmup_requests=st.integers(0, 1000),
)


@given(LOADS, st.integers(1, 16))
def test_the_shares_sum_up_to_the_load(load: ClosedLoop, shards: int) -> None:
    """Connections, requests and warm-up requests are all given out, as evenly as they can be, and no shard is idle."""
    found = [share.load for share in split(load, shards) if isinstance(share.load, ClosedLoop)]
    assert 1 <= len(found) <= shards
    assert sum(each.connections for each in found) == load.connections
    assert sum(each.warmup_requests for each in found) == load.warmup_requests
    if load.requests is not None:
        assert sum(each.requests or 0 for each in found) == load.requests
    for each in found:
        assert each.connections > 0
        assert each.requests is None or each.requests > 0
        assert (each.duration_s, each.warmup_s) == (load.duration_s, load.warmup_s)
    sizes = [each.connections for each in found]
    assert max(sizes) - min(sizes) <= 1


def test_streams_open_at_moments_that_the_seed_draws() -> None:
    """All within a second and in no even row; the same seed draws the same ones, and each shard its own."""
    first, second = split(ClosedLoop(500, duration_s=1.0), 2)
    moments_s = drawn_openings(first, 7)
    assert moments_s == drawn_openings(first, 7) == tuple(sorted(moments_s))
    assert moments_s not in (drawn_openings(first, 8), drawn_openings(second, 7))
    assert kstest(moments_s, "uniform").pvalue > 0.01
    warmed, _ = split(ClosedLoop(500, duration_s=1.0, warmup_s=4.0), 2)
    assert kstest(np.array(drawn_openings(warmed, 7)) / 4.0, "uniform").pvalue > 0.01
    assert kstest(np.array(moments_s) % 0.02 / 0.02, "uniform").pvalue > 0.01


@given(LOADS, st.integers(1, 16))
def test_connections_open_one_after_another_over_all_shards(load: ClosedLoop, shards: int) -> None:
    """No two connections open at once, whichever shard they belong to, and all are open within a second."""
    moments_s = sorted(moment for share in split(load, shards) for moment in opening_times(share))
    assert len(moments_s) == load.connections
    assert moments_s[0] == 0
    assert moments_s[-1] < OPENING_WITHIN_S
    gaps_s = [after - before for before, after in pairwise(moments_s)]
    assert not gaps_s or max(gaps_s) - min(gaps_s) < 1e-9


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_parts_differ_by_one_at_most(total: int, count: int) -> None:
    """A number is divided without rest, the larger parts first."""
    found = split_evenly(total, count)
    assert sum(found) == total
    assert len(found) == count
    assert list(found) == sorted(found, reverse=True)
    assert found[0] - found[-1] <= 1


@given(LOADS)
def test_a_share_survives_json(load: ClosedLoop) -> None:
    """A shard reads what the engine sends it."""
    for share in split(load, 3):
        assert Share.from_json(json.loads(json.dumps(share.to_json()))) == share


@given(st.floats(0.05, 86_400))
def test_a_timeline_has_enough_windows_and_not_too_many(duration_s: float) -> None:
    """Between 12 and 60 windows of a round width cover a duration of more than a second."""
    width_s = window_width_s(ClosedLoop(1, duration_s=duration_s))
    assert duration_s / width_s <= MOST_WINDOWS
    assert duration_s < 1.2 or duration_s / width_s >= 12


def test_deadlines_cover_a_server_that_answers_nothing() -> None:
    """A load of 10 requests on 3 connections can take four rounds of timeouts, and one more of what was under way."""
    load = ClosedLoop(3, requests=10, warmup_s=2, warmup_requests=3)
    assert longest_window_s(load, timeout_s=30) >= 4 * 30
    assert longest_warmup_s(load, timeout_s=30) >= 2 + 30
    assert longest_window_s(ClosedLoop(3, duration_s=7), timeout_s=30) == 7


OPEN_LOADS = st.builds(
    OpenLoop,
    burstiness=st.floats(0.05, 100),
    rate_rps=st.floats(0.5, 2000),
    duration_s=st.floats(0.01, 5),
    arrivals=st.sampled_from(["constant", "poisson", "gamma"]),
    connections=st.integers(1, 100),
    warmup_s=st.floats(0, 2),
    stable_within_s=st.floats(0, 2),
)
SEEDS = st.integers(-(2**70), 2**70)


@given(OPEN_LOADS, st.integers(1, 8), SEEDS)
def test_arrivals_are_in_order_and_within_the_window(load: OpenLoop, shards: int, seed: int) -> None:
    """Each shard's schedule is sorted, lies in the window, and is the same whenever it is computed."""
    for share in split(load, shards):
        assert isinstance(share.load, OpenLoop)
        moments = arrivals_s(share.load, share.shard, share.shards, seed)
        assert np.all(np.diff(moments) >= 0)
        assert not moments.size or (moments[0] >= 0 and moments[-1] < load.duration_s)
        assert np.array_equal(moments, arrivals_s(share.load, share.shard, share.shards, seed))


@given(OPEN_LOADS, st.integers(1, 8))
def test_constant_arrivals_of_all_shards_are_one_even_row(load: OpenLoop, shards: int) -> None:
    """Together the shards send what one would have, at the same moments, and take turns."""
    load = msgspec.structs.replace(load, arrivals="constant")
    shares = split(load, shards)
    whole = arrivals_s(load, 0, 1, seed=0)
    assert whole.size in {ceil(load.rate_rps * load.duration_s), ceil(load.rate_rps * load.duration_s - 1e-6)}
    each = [arrivals_s(load, share.shard, share.shards, seed=0) for share in shares]
    assert np.array_equal(np.sort(np.concatenate(each)), whole)
    assert all(np.array_equal(moments, whole[i :: len(shares)]) for i, moments in enumerate(each))


@given(OPEN_LOADS, st.integers(1, 16))
def test_the_connections_of_an_open_loop_are_given_out(load: OpenLoop, shards: int) -> None:
    """Every shard has some of the connections, no shard is without an arrival to send, and the rate is the whole's."""
    shares = split(load, shards)
    found = [share.load for share in shares if isinstance(share.load, OpenLoop)]
    assert sum(each.connections for each in found) == load.connections
    assert min(each.connections for each in found) >= 1
    assert {each.rate_rps for each in found} == {load.rate_rps}
    assert [(share.shard, share.shards) for share in shares] == [(i, len(shares)) for i in range(len(shares))]
    assert len(shares) == 1 or len(shares) <= load.rate_rps * load.duration_s


@pytest.mark.parametrize("shards", [1, 3])
def test_poisson_arrivals_have_the_rate_and_are_independent(shards: int) -> None:
    """Over 300 windows the arrivals of all shards have the mean and the variance of a Poisson process, and its gaps."""
    load = OpenLoop(50, 4.0, "poisson")
    windows = [
        np.sort(np.concatenate([arrivals_s(load, shard, shards, seed) for shard in range(shards)]))
        for seed in range(300)
    ]
    counts = np.array([window.size for window in windows])
    # Five standard errors of the mean, and of the variance of a Poisson count (for 200 nearly normal).
    assert counts.mean() == pytest.approx(200, abs=5 * np.sqrt(200 / 300))
    assert counts.var(ddof=1) == pytest.approx(200, rel=5 * np.sqrt(2 / 299))
    gaps = np.concatenate([np.diff(window) for window in windows])
    # Slightly below exponential: the window's end cuts long gaps more often than short ones.
    assert kstest(gaps, expon(scale=1 / 50).cdf).statistic < 0.02


@pytest.mark.parametrize("burstiness", [0.2, 1.0, 4.0])
def test_gamma_arrivals_have_the_rate_and_the_burstiness(burstiness: float) -> None:
    """Over 400 windows the counts have the mean, from the first moment on, and the index of dispersion."""
    load = OpenLoop(50, 20.0, "gamma", burstiness=burstiness)
    counts = np.array([arrivals_s(load, 0, 1, seed).size for seed in range(400)])
    assert counts.mean() == pytest.approx(1000, abs=5 * np.sqrt(burstiness * 1000 / 400))
    # The index tends to its value with the window's length; what is missing is of the order of one arrival.
    dispersion = counts.var(ddof=1) / counts.mean()
    assert dispersion == pytest.approx(burstiness, rel=5 * np.sqrt(2 / 399), abs=2e-3)
    early = np.array([(arrivals_s(load, 0, 1, seed) < 0.1).sum() for seed in range(400)])
    assert early.mean() == pytest.approx(5, abs=5 * early.std(ddof=1) / np.sqrt(400))


def test_gamma_arrivals_of_burstiness_one_are_poisson() -> None:
    """Their gaps are exponential."""
    gaps = np.diff(arrivals_s(OpenLoop(50, 400.0, "gamma", burstiness=1.0), 0, 1, seed=3))
    assert kstest(gaps, expon(scale=1 / 50).cdf).statistic < 0.02


@given(st.floats(0.1, 20), st.integers(1, 4), SEEDS)
def test_the_shards_take_turns_with_gamma_arrivals(burstiness: float, shards: int, seed: int) -> None:
    """Together the shards send what one would have: the bursts of the whole, not of each."""
    load = OpenLoop(200, 2.0, "gamma", burstiness=burstiness)
    whole = arrivals_s(load, 0, 1, seed)
    assert all(np.array_equal(arrivals_s(load, i, shards, seed), whole[i::shards]) for i in range(shards))


@given(st.sampled_from(["constant", "poisson", "gamma"]), st.integers(1, 4), SEEDS)
def test_the_warm_up_has_the_same_rate_and_no_end(arrivals: ArrivalProcess, shards: int, seed: int) -> None:
    """Endless arrivals go on at the load's rate, in order, beyond what is drawn at once, and are not the window's."""
    load = OpenLoop(1000, 1.0, arrivals, burstiness=0.5 if arrivals == "gamma" else None)
    rows = [np.array(list(islice(endless_arrivals_s(load, i, shards, seed), 5000))) for i in range(shards)]
    assert all(np.all(np.diff(row) >= 0) for row in rows)
    assert all(row[-1] == pytest.approx(5 * shards, rel=0.1) for row in rows)
    if arrivals != "constant":
        assert rows[0][0] != arrivals_s(load, 0, shards, seed)[0]


@given(OPEN_LOADS)
def test_an_open_share_survives_json(load: OpenLoop) -> None:
    """A shard reads what the engine sends it."""
    for share in split(load, 3):
        assert Share.from_json(json.loads(json.dumps(share.to_json()))) == share


def test_the_deadlines_of_an_open_loop() -> None:
    """Its warm-up and window take as long as they say, and its answers are waited for until the timeout."""
    load = OpenLoop(10, 7.0, warmup_s=2, stable_within_s=3)
    assert longest_warmup_s(load, timeout_s=30) >= 5
    assert longest_window_s(load, timeout_s=30) == 7
    assert longest_drain_s(load, timeout_s=30) == 30
    assert longest_drain_s(ClosedLoop(1, duration_s=1), timeout_s=30) == DRAIN_WITHIN_S
    assert longest_drain_s(ClosedLoop(1, duration_s=1), timeout_s=0.5) == 0.5


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(0, 3), SEEDS)
def test_calls_are_drawn_by_weight_and_seed(weights: list[int], shard: int, seed: int) -> None:
    """Of many draws each call gets its share within five standard errors, and the same seed draws the same again."""
    count = 4000
    numbers = list(islice(drawn(weights, shard, seed), count))
    assert numbers == list(islice(drawn(weights, shard, seed), count))
    for number, weight in enumerate(weights):
        share = weight / sum(weights)
        error = np.sqrt(share * (1 - share) / count)
        assert numbers.count(number) / count == pytest.approx(share, abs=5 * error + 1e-9)
    if len(weights) > 1 and min(weights) / sum(weights) > 0.1:
        assert numbers != list(islice(drawn(weights, shard + 1, seed), count))
