"""Shares: the parts of a load sum up to it, and its connections open in an even row."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.schedule import (
    MOST_WINDOWS,
    OPENING_WITHIN_S,
    Share,
    longest_warmup_s,
    longest_window_s,
    opening_times,
    parts,
    split,
    window_width_s,
)
from benchmarks.suite import ClosedLoop

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
    shares = split(load, shards)
    assert 1 <= len(shares) <= shards
    assert sum(share.load.connections for share in shares) == load.connections
    assert sum(share.load.warmup_requests for share in shares) == load.warmup_requests
    if load.requests is not None:
        assert sum(share.load.requests or 0 for share in shares) == load.requests
    for share in shares:
        assert share.load.connections > 0
        assert share.load.requests is None or share.load.requests > 0
        assert (share.load.duration_s, share.load.warmup_s) == (load.duration_s, load.warmup_s)
    sizes = [share.load.connections for share in shares]
    assert max(sizes) - min(sizes) <= 1


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
    found = parts(total, count)
    assert sum(found) == total
    assert len(found) == count
    assert list(found) == sorted(found, reverse=True)
    assert found[0] - found[-1] <= 1


@given(LOADS)
def test_a_share_survives_json(load: ClosedLoop) -> None:
    """What the engine sends a shard is what it reads."""
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
