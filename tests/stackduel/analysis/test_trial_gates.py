"""Which gates a trial passes through, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from stackduel.analysis.gates import Thresholds
from stackduel.analysis.trial_gates import NOTED_ONLY, GateInputs, check_gates, quietest_attempt, with_state
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Measurement
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, Workload
from stackduel.model.trial import Gate, HostNoise
from tests.stackduel.makers import CALLING, WAITING, measurement, stream_figures, trial

QUIET = HostNoise(0.0, 0.0, 0.0)
ALWAYS_FIRST = ["generator-cpu"]
OF_THE_REST = ["resent", "steal", "foreign-cpu", "throttling"]
ARRIVING = Scenario("arriving", (Workload("/slow-io?delay=0.1"),), OpenLoop(100.0, 2.0))


def steady() -> Measurement:
    """Ten connections that wait 100 ms each, for two seconds."""
    return measurement([100.0] * 190)


def arrived(late_ms: Sequence[float] = (0.1,) * 200, lost: int = 0) -> Measurement:
    """Return what an open loop of 100 arrivals a second brings home."""
    late = Histogram.of(np.array([value * 1e6 for value in late_ms], dtype=np.int64))
    found = measurement([100.0] * 200)
    return replace(found, lateness=late, dispatch=late, scheduled=200, requests=200 - lost)


def overloaded() -> Measurement:
    """Return what it brings home from a server that left a tenth without a connection, and the others waiting."""
    found, waited = arrived(), Histogram.of(np.full(180, 5_000_000_000, dtype=np.int64))
    return replace(found, succeeded=180, failed=20, outcomes={"ok": 180, "unsent": 20}, lateness=waited)


def closed_gates(
    found: Measurement, scenario: Scenario, noise: HostNoise = QUIET, by: GateInputs | None = None
) -> list[str]:
    return [gate.name for gate in check_gates(found, scenario, noise, by or GateInputs()) if not gate.ok]


@pytest.mark.parametrize(
    ("found", "scenario", "by", "names"),
    [
        (steady(), WAITING, GateInputs(), ["littles-law", "arithmetic-ceiling"]),
        (steady(), WAITING, GateInputs(null_rate_rps=9e4), ["littles-law", "arithmetic-ceiling", "headroom"]),
        (steady(), CALLING, GateInputs(null_rate_rps=9e4), []),
        (arrived(), ARRIVING, GateInputs(null_rate_rps=9e4), ["sent", "lateness"]),
        (overloaded(), ARRIVING, GateInputs(), ["sent", "lateness"]),
        (replace(arrived(), dispatch=Histogram.empty()), ARRIVING, GateInputs(), ["sent"]),
        (replace(arrived(), dispatch=None, scheduled=None), ARRIVING, GateInputs(), []),
    ],
)
def test_each_load_has_its_gates(found: Measurement, scenario: Scenario, by: GateInputs, names: list[str]) -> None:
    """Windows of closed loops, fixed numbers of requests and open loops are checked by what can be said of them."""
    gates = check_gates(found, scenario, QUIET, by)
    assert [gate.name for gate in gates] == ALWAYS_FIRST + names + OF_THE_REST
    assert all(gate.ok for gate in gates)


@pytest.mark.parametrize(
    ("found", "scenario", "noise", "by", "closed"),
    [
        (measurement([100.0] * 190, generator_cpu_s=1.5), WAITING, QUIET, GateInputs(), "generator-cpu"),
        (replace(steady(), in_flight_mean=15.0), WAITING, QUIET, GateInputs(), "littles-law"),
        (steady(), WAITING, QUIET, GateInputs(slots=2), "arithmetic-ceiling"),
        (steady(), WAITING, QUIET, GateInputs(null_rate_rps=150.0), "headroom"),
        (arrived(lost=2), ARRIVING, QUIET, GateInputs(), "sent"),
        (arrived(late_ms=(50.0,) * 200), ARRIVING, QUIET, GateInputs(), "lateness"),
        (steady(), WAITING, HostNoise(steal=0.06), GateInputs(), "steal"),
        (steady(), WAITING, HostNoise(foreign_cpu=0.11), GateInputs(), "foreign-cpu"),
        (steady(), WAITING, HostNoise(throttled_s=0.1), GateInputs(), "throttling"),
        (steady(), WAITING, HostNoise(pause_ms=40.0), GateInputs(bounds=Thresholds(pause_ms=25.0)), "pause"),
    ],
)
def test_each_gate_closes_on_its_own_cause(
    found: Measurement, scenario: Scenario, noise: HostNoise, by: GateInputs, closed: str
) -> None:
    """All other gates let pass what this one refuses, and a trial that it voids says why."""
    assert closed_gates(found, scenario, noise, by) == [closed]
    made = replace(trial("slow", 190), gates=check_gates(found, scenario, noise, by))
    judged = with_state(made)
    (gate,) = (each for each in made.gates if each.name == closed)
    assert (judged.state, judged.reason) == ("void", gate.detail)


def test_what_a_server_does_closes_no_gate() -> None:
    """Errors are its result."""
    erring = replace(measurement([100.0] * 140, failed=50), in_flight_mean=9.5)
    assert closed_gates(erring, WAITING) == []


def test_bounds_of_the_users_own_are_the_ones_that_count() -> None:
    """Every gate is given them, not those of the method."""
    nothing = Thresholds(generator_cpu=0.0, littles_law=0.0, headroom=1e6, steal=0.0, foreign_cpu=0.0)
    by = GateInputs(null_rate_rps=9e4, bounds=nothing)
    seen = closed_gates(replace(steady(), in_flight_mean=15.0), WAITING, HostNoise(0.01, 0.01, 0.0), by)
    assert seen == ["generator-cpu", "littles-law", "headroom", "steal", "foreign-cpu"]


def test_a_mix_has_no_arithmetic_ceiling() -> None:
    """How long its requests wait depends on the draw: more than the slowest call allows may be right."""
    mixed = replace(WAITING, workloads=(*WAITING.workloads, Workload("/json")))
    assert closed_gates(steady(), mixed, by=GateInputs(slots=2)) == []


def test_streams_have_no_arithmetic_ceiling() -> None:
    """While one blocks the event loop, the timetable of another goes on: two waits may be one."""
    streams = replace(steady(), streams=stream_figures(events=100))
    assert closed_gates(steady(), WAITING, by=GateInputs(slots=2)) == ["arithmetic-ceiling"]
    assert closed_gates(streams, WAITING, by=GateInputs(slots=2)) == []


def test_places_are_the_lesser_of_slots_and_connections() -> None:
    """More slots than connections leave room for no more than the connections can ask for."""
    found = measurement([10.0] * 1900)
    assert "arithmetic-ceiling" in closed_gates(found, WAITING, by=GateInputs(slots=100_000))


def test_on_shared_cores_what_the_server_causes_is_noted_only() -> None:
    """A full generator and foreign CPU time are let pass, with the reason; steal and Little's law are not."""
    full = replace(measurement([100.0] * 190, generator_cpu_s=1.9), in_flight_mean=15.0)
    noise = HostNoise(steal=0.5, foreign_cpu=0.5)
    assert closed_gates(full, WAITING, noise, GateInputs(shared_cores=True)) == ["littles-law", "steal"]
    gates = check_gates(full, WAITING, noise, GateInputs(shared_cores=True))
    assert [gate.name for gate in gates if gate.detail.endswith(NOTED_ONLY)] == ["generator-cpu", "foreign-cpu"]
    quiet = check_gates(steady(), WAITING, QUIET, GateInputs(shared_cores=True))
    assert not [gate for gate in quiet if NOTED_ONLY in gate.detail], "what is in order needs no excuse"


def test_a_trial_whose_gates_are_open_stays_as_it_is() -> None:
    """It counts, without a reason."""
    made = replace(trial("slow", 190), gates=check_gates(steady(), WAITING, QUIET, GateInputs()))
    assert with_state(made) == made


def test_the_quietest_void_attempt_is_kept_as_noisy() -> None:
    """With its own reason, gates and attempt; where each failed a gate of the generator's, none is kept."""
    steal, full = Gate("steal", False, "Stolen."), Gate("generator-cpu", False, "Full.")
    attempts = [
        with_state(
            replace(trial("slow", 190), place=replace(trial("slow", 1).place, attempt=number), gates=gates, noise=noise)
        )
        for number, gates, noise in (
            (1, (steal,), HostNoise(steal=0.4)),
            (2, (steal,), HostNoise(steal=0.2)),
            (3, (full,), HostNoise(steal=0.0)),
        )
    ]
    kept = quietest_attempt(attempts)
    assert kept is not None
    assert (kept.place.attempt, kept.state, kept.reason, kept.counts) == (2, "noisy", "Stolen.", True)
    assert quietest_attempt(attempts[2:]) is None
    assert quietest_attempt([]) is None


def test_a_load_that_was_not_windowed_is_not_held_to_littles_law() -> None:
    """One connection that asks three times has too few edges to tell."""
    assert closed_gates(replace(measurement([100.0] * 3), in_flight_mean=99.0), CALLING) == []
    assert isinstance(CALLING.load, ClosedLoop)


def test_of_streams_the_rate_of_events_needs_headroom() -> None:
    """In every load: a generator that reads half the events that it could is not the limit."""
    streams = stream_figures(events=1_000)
    for found, scenario in ((steady(), CALLING), (arrived(), ARRIVING)):
        window = replace(found, streams=streams)
        for spare, ok in ((2.01, True), (1.99, False)):
            rate_rps = spare * 1_000 / window.duration_s
            gates = check_gates(window, scenario, QUIET, GateInputs(null_rate_rps=rate_rps))
            (gate,) = (each for each in gates if each.name == "headroom")
            assert gate.ok is ok
            assert "events a second" in gate.detail
