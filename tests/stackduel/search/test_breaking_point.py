"""The ramp to the breaking point, on servers that break at a known rate."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_settings import BreakingPointSettings
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Failure, Place, Result
from stackduel.search.breaking_point import search_breaking_point
from stackduel.search.probe import Probe
from tests.stackduel.search.simulated import Slots, carried_out, opened, void

LOAD = OpenLoop(50.0, 5.0, warmup_s=1.0)


def found(serve: Callable[[Probe], Result], most_rps: float = 20_000) -> tuple[BreakingPoint, list[float]]:
    point, tried = carried_out(search_breaking_point(LOAD, BreakingPointSettings(most_rps=most_rps)), serve)
    return point, [rate(probe) for probe in tried]


def rate(probe: Probe) -> float:
    assert isinstance(probe.load, OpenLoop)
    return probe.load.rate_rps


@settings(max_examples=20, deadline=None)
@given(slots=st.integers(1, 100), service_s=st.floats(0.05, 0.2))
def test_the_breaking_point_lies_between_the_rate_held_and_the_one_that_broke(slots: int, service_s: float) -> None:
    """The backlog of an overload passes 1 s within the window; below the capacity nothing breaks."""
    server = Slots(slots, service_s)
    if server.capacity_rps < 3:
        return
    point, _ = found(server)
    assert point.held_rps is not None
    assert point.broken_rps is not None
    # A window of 5 s takes up to a quarter above the capacity before its p99 is 1 s late.
    assert point.held_rps <= server.capacity_rps * 1.27
    assert point.broken_rps >= server.capacity_rps
    assert point.broken_rps <= point.held_rps * 1.51
    assert "p99" in point.what


def test_rates_rise_geometrically_until_it_breaks() -> None:
    """Each rate is half as much again as the one before, and the first that breaks is the last tried."""
    point, tried = found(Slots(20, 0.1))
    assert tried == [50.0, 75.0, 112.0, 168.0, 252.0]
    assert (point.held_rps, point.broken_rps) == (168.0, 252.0)
    assert point.sentence.startswith(
        "Held 168 req/s (p99 <= 1000 ms, errors <= 1 %) and broke at 252 req/s: the p99 was "
    )
    assert [(step.rate_rps, step.held) for step in point.steps][-2:] == [(168.0, True), (252.0, False)]


def test_a_first_rate_that_breaks_is_lowered() -> None:
    """A server slower than the first rate is found, too."""
    point, tried = found(Slots(1, 0.1))
    assert tried[:2] == [50.0, 33.3]
    assert (point.held_rps, point.broken_rps) == (9.87, 14.8)


def test_a_server_that_nothing_pleases_broke_at_the_lowest_rate() -> None:
    """Every answer later than the bound: there is no rate that it held."""
    point, _ = found(Slots(1000, 1.5))
    assert (point.held_rps, point.broken_rps) == (None, 1.0)
    assert point.sentence.startswith("Broke at 1 req/s, the lowest rate tried: the p99 was 1,5")


def test_failures_break_it_and_are_named() -> None:
    """Over 1 % of refusals is a break, however fast the rest."""

    def serve(probe: Probe) -> Result:
        assert isinstance(probe.load, OpenLoop)
        count = round(rate(probe) * probe.load.duration_s)
        failed = count // 20 if rate(probe) > 300 else 0
        return opened(probe.load, [5.0] * (count - failed), failed)

    point, _ = found(serve)
    assert (point.held_rps, point.broken_rps) == (252.0, 378.0)
    assert "% of the requests failed, mostly status (bound 1 %)" in point.sentence
    assert point.steps[-1].failed == pytest.approx(0.05, rel=0.03)


def test_the_generators_end_is_not_the_servers() -> None:
    """Where a gate of the generator's closes, the server is not broken, and the sentence says up to where."""
    server = Slots(10_000, 0.1)
    point, _ = found(lambda probe: void(server(probe), "generator-cpu") if rate(probe) > 500 else server(probe))
    assert (point.held_rps, point.broken_rps) == (378.0, None)
    assert point.sentence == (
        "Not broken up to 378 req/s. The ramp ended: the generator or the host, not the server, at 567 req/s: "
        "generator-cpu was closed."
    )


def test_the_most_that_may_be_tried_ends_the_ramp() -> None:
    """A bound of the user's is named as such."""
    point, tried = found(Slots(10_000, 0.1), most_rps=100)
    assert tried[-1] == 100.0
    assert point.sentence == "Not broken up to 100 req/s. The ramp ended: 100 req/s is the highest rate to try."


def test_a_server_that_ends_broke() -> None:
    """Its exit status is what broke."""
    dead = Failure(Place("it", "open", 1), "the server ended with exit status 9 during the trial\nlog")
    server = Slots(1000, 0.01)
    point, _ = found(lambda probe: dead if rate(probe) > 200 else server(probe))
    assert (point.held_rps, point.broken_rps) == (168.0, 252.0)
    assert point.what == "the server ended with exit status 9 during the trial"
    assert point.steps[-1].p99_ms is None
