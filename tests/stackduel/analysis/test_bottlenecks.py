"""Which ceiling each stack reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from stackduel.analysis.bottlenecks import Resources, ceiling_inputs, limits
from stackduel.model.comparison import Limit
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import OpenLoop, Scenario, Workload
from stackduel.model.trial import Cost, Failure, Place, Result
from tests.stackduel.makers import CALLING, WAITING, trial

SHARED = Resources(server_cores=1, downstream_cores=1)


def limit(results: Sequence[Result], scenario: Scenario, about: dict[str, Any]) -> Limit:
    """Return the limit of the one stack of these results."""
    stacks = {"slow": StackFacts("baseline", **about)}
    shared = ceiling_inputs(results, [scenario], stacks, SHARED)
    (found,) = limits(results, [scenario], stacks, shared)
    return found


@pytest.mark.parametrize(
    ("requests", "about", "binds", "predicted_rps"),
    [
        (39, {"waiting_slots": 2}, "waiting slots", 20.0),
        (195, {"waiting_slots": 64}, "connections", 100.0),
        (195, {"waiting_slots": None}, "connections", 100.0),
        (195, {}, "connections", 100.0),
        (30, {"waiting_slots": 2}, None, 20.0),
        (100, {"waiting_slots": None}, None, 100.0),
    ],
)
def test_waiting_is_bound_by_slots_or_connections(
    requests: int, about: dict[str, object], binds: str | None, predicted_rps: float
) -> None:
    """The lesser of both over the wait, if nine tenths of it were measured."""
    found = limit([trial("slow", requests, cost=Cost(0.01, 64))], WAITING, about)
    assert (found.scenario, found.stack, found.binds) == ("waiting", "slow", binds)
    assert found.predicted_rps == pytest.approx(predicted_rps)
    assert found.measured_rps == requests / 2


def test_cpu_time_binds_what_does_not_wait() -> None:
    """Twice 0.95 s of CPU in two seconds is nearly all that a core has; two cores have more."""
    results = [trial("slow", 190, cost=Cost(1.9, 64))]
    plain = replace(WAITING, workloads=(Workload("/json"),))
    assert limit(results, plain, {}).binds == "CPU"
    stacks = {"slow": StackFacts("baseline")}
    (found,) = limits(results, [plain], stacks, ceiling_inputs(results, [plain], stacks, Resources(2, 1)))
    assert found.binds is None
    assert found.predicted_rps == pytest.approx(200.0)


def test_the_downstream_binds_where_its_core_is_full() -> None:
    """The ceiling is its time for a request, over the cores that it has."""
    results = [replace(trial("slow", 190, cost=Cost(0.01, 64)), downstream_cpu_s=1.95)]
    found = limit(results, replace(WAITING, load=msgspec.structs.replace(WAITING.load, connections=100)), {})
    assert found.binds == "downstream"
    assert found.predicted_rps == pytest.approx(190 / 1.95)


def test_the_generator_binds_where_a_server_that_does_nothing_is_no_faster() -> None:
    """The lowest known ceiling wins."""
    results = [replace(trial("slow", 190, cost=None), null_rate_rps=96.0)]
    found = limit(results, replace(WAITING, workloads=(Workload("/json"),)), {})
    assert (found.binds, found.predicted_rps) == ("generator", 96.0)


def test_what_arrives_binds_an_open_loop() -> None:
    """Its connections are no ceiling, as there are more than are needed."""
    arriving = replace(WAITING, load=OpenLoop(95.0, 2.0, connections=1))
    found = limit([trial("slow", 190, metric="time", cost=None)], arriving, {"waiting_slots": 64})
    assert (found.binds, found.predicted_rps) == ("offered", 95.0)


def test_calls_made_in_turn_are_called_so() -> None:
    """One connection whose request makes five calls one after another is bound by these; all at once, by itself."""
    in_turn = [trial("slow", 4, scenario="calling", cost=None)]
    assert limit(in_turn, CALLING, {"fans_out": False}).binds == "calls in turn"
    at_once = [trial("slow", 20, scenario="calling", cost=None)]
    assert limit(at_once, CALLING, {"fans_out": True}).binds == "connections"
    one_call = [trial("slow", 195, cost=None)]
    assert limit(one_call, WAITING, {"fans_out": False}).binds == "connections"


def test_the_sentence_says_that_no_ceiling_is_known() -> None:
    """No wait, no CPU time, no downstream: only the rate is given."""
    open_path = replace(WAITING, workloads=(Workload("/own"),))
    found = limit([trial("slow", 190, cost=None)], open_path, {})
    assert (found.binds, found.predicted_rps) == (None, None)
    assert found.sentence == "None known: 95 req/s measured."


def test_what_is_shared_is_the_median_of_the_trials_that_count() -> None:
    """A void trial and a failure say nothing, a noisy one does, and what some trials lack comes from the others."""
    results: list[Result] = [
        replace(trial("slow", 100, block=1, cost=Cost(0.1, 64)), null_rate_rps=500.0),
        trial("slow", 100, block=2, cost=None),
        replace(trial("slow", 100, block=3, cost=Cost(0.2, 64)), state="noisy", downstream_cpu_s=0.5),
        replace(trial("slow", 100, block=4, cost=Cost(9.0, 64)), state="void", null_rate_rps=1.0),
        trial("slow", 100, block=5, cost=Cost(0.3, 64)),
        Failure(Place("slow", "waiting", 6), "it died"),
        Failure(Place("fast", "waiting", 1), "it died"),
    ]
    found = ceiling_inputs(
        results,
        [WAITING, CALLING],
        {"slow": StackFacts("baseline", waiting_slots=8), "fast": StackFacts("rewrite")},
        SHARED,
    )
    assert found.keys() == {("waiting", "slow")}
    shared = found["waiting", "slow"]
    assert shared.cpu_s_per_request == pytest.approx(0.002)
    assert shared.downstream_rps == pytest.approx(200.0)
    assert shared.generator_rps == 500.0
    assert (shared.wait_s, shared.connections, shared.offered_rps, shared.slots) == (0.1, 10, None, 8)
