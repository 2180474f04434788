"""The crossover curve beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.asymptotic_bounds import StackResources, predicted_rps
from stackduel.analysis.bottlenecks import Resources, ceiling_inputs
from stackduel.analysis.comparisons import compare
from stackduel.analysis.crossover import CONNECTIONS, NOTABLE, WAITS_S, curves
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, Workload
from stackduel.model.trial import Cost, Trial
from tests.stackduel.makers import CALLING, trial

CPU_S = 0.001
# With a millisecond of CPU, a request takes a tenth of a second.
WAIT = "/slow-io?delay=0.099"


def waiting(connections: int) -> Scenario:
    return Scenario(f"waiting-{connections}", (Workload(WAIT),), ClosedLoop(connections, duration_s=2.0))


def ideal(stack: str, scenario: Scenario, slots: int | None, cpu_s: float = CPU_S, wait_s: float = 0.099) -> Trial:
    """A trial of a stack that reaches its bounds exactly; one core."""
    rate_rps = predicted_rps(StackResources(slots, cpu_s, 1.0), wait_s, scenario.load.connections)
    requests = round(2 * rate_rps)
    assert requests == pytest.approx(2 * rate_rps), "a whole number, or the trial would not be ideal"
    return trial(stack, requests, scenario=scenario.name, cost=Cost(cpu_s * requests, 64))


def curves_of(
    trials: Sequence[Trial], scenarios: Sequence[Scenario], slots: dict[str, int | None]
) -> list[CrossoverCurve]:
    stacks = {name: StackFacts("rewrite", waiting_slots=number) for name, number in slots.items()}
    shared = ceiling_inputs(trials, scenarios, stacks, Resources(1, 1))
    return list(curves(compare(trials, "slow"), scenarios, stacks, shared))


@given(st.integers(1, 100), st.integers(1, 64), st.none() | st.integers(1, 64))
def test_measured_points_of_ideal_stacks_lie_on_the_prediction(
    connections: int, before: int, after: int | None
) -> None:
    """Stacks that are bound by nothing but slots and CPU measure exactly what is predicted of them."""
    scenario = waiting(connections)
    (curve,) = curves_of(
        [ideal("slow", scenario, before), ideal("fast", scenario, after)], [scenario], {"slow": before, "fast": after}
    )
    (point,) = curve.measured
    assert point.predicted == pytest.approx(point.measured)
    assert (point.scenario, point.wait_s, point.connections) == (scenario.name, 0.099, connections)
    assert (point.low, point.high) == (None, None)


def test_the_grid_holds_every_wait_at_every_number_of_connections() -> None:
    """Rows are waits, columns connections; two slots against any number gain as many times as there are connections."""
    scenario = waiting(50)
    slots = {"slow": 2, "fast": None}
    (curve,) = curves_of([ideal(name, scenario, number) for name, number in slots.items()], [scenario], slots)
    assert (curve.candidate, curve.scenario) == ("fast", "waiting-50")
    assert (curve.waits_s, curve.connections) == (WAITS_S, CONNECTIONS)
    assert [len(row) for row in curve.speedups] == [len(CONNECTIONS)] * len(WAITS_S)
    by_wait = dict(zip(WAITS_S, curve.speedups, strict=True))
    assert by_wait[0.0] == pytest.approx([1.0] * 5), "without a wait CPU binds both"
    assert by_wait[1.0] == pytest.approx([1.0, 5.0, 25.0, 50.0, 128.0])
    assert curve.notable_s[0] is None, "a single connection has nothing to gain"


def test_the_shortest_notable_wait_is_where_the_speedup_becomes_so() -> None:
    """Just below it the prediction is under 1.5, and at it 1.5."""
    scenario = waiting(50)
    slots = {"slow": 2, "fast": None}
    (curve,) = curves_of([ideal(name, scenario, number) for name, number in slots.items()], [scenario], slots)
    before, after = StackResources(2, CPU_S, 1.0), StackResources(None, CPU_S, 1.0)
    for number, notable_s in zip(curve.connections[1:], curve.notable_s[1:], strict=True):
        assert notable_s is not None
        speedup = predicted_rps(after, notable_s, number) / predicted_rps(before, notable_s, number)
        assert speedup == pytest.approx(NOTABLE)


def test_the_widest_scenario_gives_the_cpu_time() -> None:
    """With most in flight CPU time is known best; every closed loop is a point, in the suite's order."""
    narrow, wide = waiting(1), replace(waiting(20), workloads=(Workload("/slow-io?delay=0.098"),))
    trials = [ideal("slow", narrow, 4), ideal("fast", narrow, None)]
    trials += [ideal("slow", wide, 4, 0.002, 0.098), ideal("fast", wide, None, 0.002, 0.098)]
    (curve,) = curves_of(trials, [wide, narrow], {"slow": 4, "fast": None})
    assert curve.scenario == "waiting-20"
    assert [point.scenario for point in curve.measured] == ["waiting-20", "waiting-1"]
    # 50 connections that wait 10 ms are bound by 2 ms of CPU on one side, and by 4 slots on the other.
    assert curve.speedups[WAITS_S.index(0.01)][CONNECTIONS.index(50)] == pytest.approx(500 / (4 / 0.012))


def test_a_fan_out_lies_on_the_prediction_by_what_each_side_makes_of_it() -> None:
    """A baseline that calls in turn waits five times as long as a candidate that calls at once."""
    trials = [
        trial("slow", 4, scenario="calling", latency_ms=500, cost=Cost(4e-6, 64)),
        trial("fast", 20, scenario="calling", latency_ms=100, cost=Cost(2e-5, 64)),
    ]
    stacks = {"slow": StackFacts("baseline", fans_out=False), "fast": StackFacts("rewrite")}
    shared = ceiling_inputs(trials, [CALLING], stacks, Resources(1, 1))
    (curve,) = curves(compare(trials, "slow"), [CALLING], stacks, shared)
    (point,) = curve.measured
    assert point.wait_s == 0.1
    assert point.predicted == pytest.approx(5.0, rel=1e-4)
    assert point.measured == pytest.approx(5.0)


def test_there_is_no_curve_without_cpu_time_or_a_closed_loop() -> None:
    """A stack elsewhere, and an open loop alone, have none."""
    scenario = waiting(10)
    slots = {"slow": 2, "fast": None}
    ours = [ideal(name, scenario, number) for name, number in slots.items()]
    assert curves_of([ours[0], replace(ours[1], cost=None)], [scenario], slots) == []
    arriving = replace(scenario, load=OpenLoop(10.0, 2.0))
    assert curves_of(ours, [arriving], slots) == []
    assert curves_of(ours[:1], [scenario], slots) == []
