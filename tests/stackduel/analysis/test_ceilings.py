"""The ceilings of a trial, and the one that binds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.ceilings import Ceiling, CeilingInputs, bottleneck, ceilings

# The classic settings under fifty connections that wait 100 ms each: eight threads on one core.
CLASSIC = CeilingInputs(wait_s=0.1, connections=50, slots=8, cores=1, cpu_s_per_request=0.002, generator_rps=20_000)


def test_each_ceiling_is_plain_arithmetic() -> None:
    """Slots and connections over the wait, cores over CPU seconds, and what was measured of the rest; lowest first."""
    assert [(each.name, each.rate_rps, each.detail) for each in ceilings(CLASSIC)] == [
        ("waiting slots", pytest.approx(80), "8 slots / 100 ms = 80 req/s"),
        ("connections", pytest.approx(500), "50 connections / 100 ms = 500 req/s"),
        ("CPU", pytest.approx(500), "1 core / 2 ms of CPU = 500 req/s"),
        ("generator", 20_000, "20,000 req/s from a server that does nothing"),
    ]


def test_what_is_unknown_sets_no_limit() -> None:
    """Without a wait, a meter or a limit there is no ceiling, and never a ceiling of zero."""
    assert ceilings(CeilingInputs(wait_s=0.0, connections=50, slots=8)) == ()
    assert ceilings(CeilingInputs(wait_s=0.1, cores=1, cpu_s_per_request=0.0)) == ()
    open_loop = ceilings(CeilingInputs(wait_s=0.1, offered_rps=200.0, downstream_rps=900.0))
    assert [each.name for each in open_loop] == ["offered", "downstream"]


def test_the_load_is_named_before_the_stack() -> None:
    """Where connections and slots allow the same, the load asked for no more: the stack is not what binds."""
    found = ceilings(CeilingInputs(wait_s=0.1, connections=256, slots=256))
    assert [each.name for each in found] == ["connections", "waiting slots"]


def test_the_lowest_ceiling_binds_where_it_is_reached() -> None:
    """From 90 % on it is named, with the predicted beside the measured rate."""
    found = bottleneck(ceilings(CLASSIC), 79.2)
    assert found.name == "waiting slots"
    assert found.predicted_rps == pytest.approx(80)
    assert found.share == pytest.approx(0.99)
    assert found.sentence == "Waiting slots: 8 slots / 100 ms = 80 req/s; 79.2 measured (99 %)."
    assert bottleneck(ceilings(CLASSIC), 72.01).name == "waiting slots"


def test_below_that_none_was_reached() -> None:
    """A rate well under the lowest ceiling is bound by something that is not among them."""
    found = bottleneck(ceilings(CLASSIC), 40.0)
    assert found.name is None
    assert found.predicted_rps == pytest.approx(80)
    assert found.share == pytest.approx(0.5)
    assert found.sentence == (
        "None reached: the lowest is waiting slots, 8 slots / 100 ms = 80 req/s; 40 measured (50 %)."
    )


def test_without_ceilings_none_is_known() -> None:
    """Nothing is predicted of a trial of which nothing is known."""
    found = bottleneck((), 1234.5)
    assert (found.name, found.predicted_rps, found.share) == (None, None, None)
    assert found.sentence == "None known: 1,234 req/s measured."


RATES = st.floats(0.1, 1e5)


@given(st.lists(RATES, min_size=1, max_size=6), RATES)
def test_the_order_of_the_ceilings_makes_no_difference(rates: list[float], measured_rps: float) -> None:
    """The prediction is the lowest ceiling in any order."""
    found = [Ceiling(f"c{number}", rate, "") for number, rate in enumerate(rates)]
    forth, back = bottleneck(found, measured_rps), bottleneck(found[::-1], measured_rps)
    assert forth.predicted_rps == back.predicted_rps == min(rates)
    assert (forth.name is None) == (back.name is None) == (measured_rps < 0.9 * min(rates))
