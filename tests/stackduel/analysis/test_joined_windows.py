"""Several windows of a trial as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.joined_windows import joined
from stackduel.model.trial import Cost, Gate, HostNoise, Memory, Trial
from tests.stackduel.makers import trial

QUIET, LOUD = Gate("foreign-cpu", True, "quiet"), Gate("foreign-cpu", False, "loud")


def windows(*requests: int) -> list[Trial]:
    return [trial("a", each) for each in requests]


def test_counts_and_times_add_up_to_the_mean_rate() -> None:
    """The rate of the whole is the mean of the windows' rates."""
    whole = joined(windows(100, 200, 300))
    assert whole.rate_rps == pytest.approx((50 + 100 + 150) / 3)
    load = whole.measurement
    assert (load.requests, load.succeeded, load.latency.count, load.duration_s) == (600, 600, 600, 6.0)
    assert load.outcomes == {"ok": 600}
    assert load.cut_off == 3
    assert load.in_flight_mean == pytest.approx(9.5)
    assert [slice_.t_s for slice_ in load.timeline] == [0.0, 2.0, 4.0]


def test_of_the_gates_a_closed_one_stands() -> None:
    """Whatever the order, a gate that any window closed is closed in the whole."""
    first, second = (replace(each, gates=(gate,)) for each, gate in zip(windows(1, 1), (QUIET, LOUD), strict=True))
    assert joined([first, second]).gates == joined([second, first]).gates == (LOUD,)
    assert joined([first, first]).gates == (QUIET,)


def test_cost_and_noise_are_those_of_all_windows() -> None:
    """CPU adds up, memory is the largest, shares are means; what one window does not know, nobody knows."""
    one = replace(
        trial("a", 1), cost=Cost(1.0, 10.0, (Memory(0.5, 10.0),)), noise=HostNoise(steal=0.1, throttled_s=1.0)
    )
    other = replace(
        trial("a", 1), cost=Cost(3.0, 30.0, (Memory(0.5, 30.0),)), noise=HostNoise(steal=0.3, throttled_s=2.0)
    )
    whole = joined([one, other])
    assert whole.cost == Cost(4.0, 30.0, (Memory(0.5, 10.0), Memory(2.5, 30.0)))
    assert whole.noise is not None
    assert whole.noise.steal == pytest.approx(0.2)
    assert whole.noise.throttled_s == 3.0
    assert joined([one, replace(other, cost=None, noise=None)]).cost is None


def test_no_windows_are_no_trial() -> None:
    """There is nothing that could stand for them."""
    with pytest.raises(ValueError, match="no windows"):
        joined([])
