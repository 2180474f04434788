"""Predicted speedups, against sums that can be made by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.asymptotic_bounds import StackResources, crossover, crossover_wait_s, predicted_rps

FLASK = StackResources(slots=8, cpu_s_per_request=0.001, cores=1)
FASTAPI = StackResources(slots=None, cpu_s_per_request=0.0005, cores=1)

CAPACITIES = st.builds(
    StackResources,
    slots=st.none() | st.integers(1, 512),
    cpu_s_per_request=st.floats(1e-5, 0.1),
    cores=st.sampled_from([0.5, 1.0, 2.0, 4.0]),
)
WAITS_S = st.floats(0, 10)
CONNECTIONS = st.integers(1, 512)


def test_rates_by_hand() -> None:
    """Eight slots that each turn over every 101 ms; without a wait, one core with 1 ms each; one connection alone."""
    assert predicted_rps(FLASK, 0.1, 64) == pytest.approx(8 / 0.101)
    assert predicted_rps(FLASK, 0.0, 64) == pytest.approx(1000)
    assert predicted_rps(FLASK, 0.1, 1) == pytest.approx(1 / 0.101)
    assert predicted_rps(FASTAPI, 0.1, 64) == pytest.approx(64 / 0.1005)
    assert predicted_rps(FASTAPI, 0.1, 512) == pytest.approx(2000)


def test_the_curve_is_flat_then_rises_then_is_flat() -> None:
    """Without a wait the CPU ratio, with a long one that of the places: here from 2 to 64 / 8."""
    points = crossover(FLASK, FASTAPI, waits_s=[0.0, 0.004, 0.1, 10.0], connections=[1, 64])
    assert [(each.wait_s, each.connections) for each in points[:3]] == [(0.0, 1), (0.0, 64), (0.004, 1)]
    by_place = {(each.wait_s, each.connections): each.speedup for each in points}
    assert by_place[0.0, 64] == pytest.approx(2)
    assert by_place[0.004, 64] == pytest.approx(2)
    assert by_place[0.1, 64] == pytest.approx(64 / 0.1005 / (8 / 0.101))
    assert by_place[10.0, 64] == pytest.approx(8, rel=0.001)
    assert by_place[10.0, 1] == pytest.approx(1, rel=0.001)


def test_where_the_curves_cross() -> None:
    """Async on twice the CPU a request is ahead only once the eight slots are full for longer than that costs."""
    heavy = StackResources(slots=None, cpu_s_per_request=0.002, cores=1)
    found = crossover_wait_s(FLASK, heavy, connections=64, speedup=1.0)
    # The slots give 8 / (wait + 1 ms), the other's CPU 500 a second: equal at a wait of 15 ms.
    assert found == pytest.approx(0.015)
    assert crossover_wait_s(FLASK, FASTAPI, connections=64, speedup=1.5) == 0.0
    assert crossover_wait_s(FLASK, FASTAPI, connections=64, speedup=9.0) is None


def test_a_peak_between_two_flats_is_found() -> None:
    """Half the CPU and all connections at once give 8.125 at one wait, and less on either side."""
    # Up to 31.5 ms the candidate's core is full: 2000 a second, against 8 / (wait + 1 ms).
    found = crossover_wait_s(FLASK, FASTAPI, connections=64, speedup=8.124)
    assert found == pytest.approx(8.124 * 8 / 2000 - 0.001)
    assert crossover_wait_s(FLASK, FASTAPI, connections=64, speedup=8.126) is None


@given(CAPACITIES, WAITS_S, WAITS_S, CONNECTIONS, CONNECTIONS)
def test_more_wait_never_helps_and_more_connections_never_hurt(
    stack: StackResources, wait_s: float, more_s: float, connections: int, more: int
) -> None:
    """A prediction falls with the wait and rises with the connections."""
    rate = predicted_rps(stack, wait_s, connections)
    assert predicted_rps(stack, wait_s + more_s, connections) <= rate
    assert predicted_rps(stack, wait_s, connections + more) >= rate


@given(CAPACITIES, CAPACITIES, CONNECTIONS, st.floats(0.2, 50))
def test_the_crossover_is_the_first_wait(
    one: StackResources, other: StackResources, connections: int, speedup: float
) -> None:
    """At the wait that is found the speedup is reached, and at no shorter one of a fine grid."""
    found = crossover_wait_s(one, other, connections=connections, speedup=speedup)
    grid = [number / 100 * (10.0 if found is None else found) for number in range(100)]
    shorter = () if found == 0 else crossover(one, other, waits_s=grid, connections=[connections])
    assert all(each.speedup < speedup * (1 + 1e-9) for each in shorter)
    if found is not None:
        (point,) = crossover(one, other, waits_s=[found], connections=[connections])
        assert point.speedup >= speedup


@given(CAPACITIES, CAPACITIES, WAITS_S, CONNECTIONS)
def test_swapping_the_stacks_inverts_the_prediction(
    one: StackResources, other: StackResources, wait_s: float, connections: int
) -> None:
    """A is x times as fast as B exactly when B is 1/x times as fast as A."""
    (forth,) = crossover(one, other, waits_s=[wait_s], connections=[connections])
    (back,) = crossover(other, one, waits_s=[wait_s], connections=[connections])
    assert forth.speedup * back.speedup == pytest.approx(1)


@pytest.mark.parametrize(("cpu_s", "wait_s", "connections"), [(0.0, 0.1, 1), (0.001, -0.1, 1), (0.001, 0.1, 0)])
def test_impossible_requests_are_refused(cpu_s: float, wait_s: float, connections: int) -> None:
    """No request without CPU time, with a negative wait, or without a connection."""
    with pytest.raises(ValueError, match="needs CPU time"):
        predicted_rps(StackResources(8, cpu_s, 1), wait_s, connections)
