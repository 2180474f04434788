"""The busiest minutes of a log, and how evenly its requests come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.traffic.arrival_counts import MOST_MINUTES, ArrivalCounts
from stackduel.traffic.recording import BusiestMinutes
from tests.stackduel.traffic.logged import BEGIN_S, moments


def busiest(moments_s: list[int]) -> BusiestMinutes:
    counts = ArrivalCounts()
    for moment_s in moments_s:
        counts.add(moment_s)
    found = counts.busiest()
    assert found
    return found


@pytest.mark.parametrize("burstiness", [0.3, 4.0])
def test_bursts_are_found_and_measured(burstiness: float) -> None:
    """The index of dispersion of ten minutes is what the arrivals were drawn with, within five standard errors."""
    found = busiest([int(each) for each in moments(40.0, "gamma", burstiness)])
    assert found.dispersion == pytest.approx(burstiness, rel=5 * (2 / 599) ** 0.5)
    assert not found.is_poisson
    assert found.seconds == 600


def test_the_window_is_the_busiest_to_the_second() -> None:
    """Ten minutes that begin in the middle of one are found as they are."""
    calm = [BEGIN_S + second for second in range(0, 7200, 10)]
    busy = [BEGIN_S + 1234 + second for second in range(600) for _ in range(3)]
    found = busiest(calm + busy)
    assert (found.start_s, found.requests) == (BEGIN_S + 1234, 1800 + 60)


def test_a_short_log_is_its_own_window() -> None:
    """Of a few seconds the rate is known, and nothing is said of bursts."""
    found = busiest([BEGIN_S, BEGIN_S, BEGIN_S + 9])
    assert found == BusiestMinutes(BEGIN_S, 10, 3, None, is_poisson=True)
    assert found.rate_rps == 0.3


def test_a_log_of_many_years_keeps_its_busiest_minutes() -> None:
    """The quietest minutes are forgotten, and the order of lines does not count."""
    busy = [BEGIN_S + second for second in range(600) for _ in range(5)]
    quiet = [BEGIN_S + 60 * 60 * minute for minute in range(2 * MOST_MINUTES)]
    found = busiest(busy[:1500] + quiet + busy[1500:])
    assert (found.start_s, found.requests) == (BEGIN_S, 3001)


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=60))
def test_no_other_window_has_more(moments_s: list[int]) -> None:
    """The window holds as many requests as any that begins with one of them."""
    found = busiest(moments_s)
    assert found.requests == max(sum(start <= each < start + 600 for each in moments_s) for start in moments_s)
