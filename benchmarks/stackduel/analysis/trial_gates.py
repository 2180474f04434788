"""The gates that a trial has to pass, and its state after them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis import gates
from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.analysis.littles_law import littles_law
from stackduel.model.measurement import Measurement
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.model.trial import Gate, HostNoise, Trial
from stackduel.model.waits import least_seconds

NOTED_ONLY = "Noted only: server and generator share their cores."
# A server that shares the generator's core closes these, which is no fault of the host or the generator.
_OF_SHARED_CORES = frozenset({"generator-cpu", "foreign-cpu"})


@dataclass(frozen=True, slots=True)
class GateInputs:
    """The facts that gates need besides a trial's own figures.

    ``slots`` are the stack's waiting slots, None where nothing limits them; ``null_rate_rps`` what the same load gets
    from a server that does nothing, None where that was not measured; ``shared_cores`` says that server and generator
    run on the same ones.
    """

    slots: int | None = None
    null_rate_rps: float | None = None
    shared_cores: bool = False
    bounds: Thresholds = METHOD


def check_gates(window: Measurement, scenario: Scenario, noise: HostNoise, by: GateInputs) -> tuple[Gate, ...]:
    """Return all gates of a trial that measured something, open and closed."""
    seen = _gates(window, scenario, noise, by)
    return tuple(_noted(gate) if by.shared_cores and gate.name in _OF_SHARED_CORES else gate for gate in seen)


def _gates(window: Measurement, scenario: Scenario, noise: HostNoise, by: GateInputs) -> Iterator[Gate]:
    bounds, load = by.bounds, scenario.load
    yield gates.generator_cpu(window, bounds)
    if isinstance(load, OpenLoop):
        yield from _of_open_loop(window, bounds)
    elif load.duration_s is not None:
        yield from _of_closed_loop(window, load, scenario, by)
    in_a_window = load.duration_s is not None and not isinstance(load, OpenLoop)
    if by.null_rate_rps is not None and (in_a_window or window.streams is not None):
        yield gates.headroom(window, by.null_rate_rps, bounds)
    yield gates.resent(window, bounds)
    yield gates.steal(noise, bounds)
    yield gates.foreign_cpu(noise, bounds)
    if math.isfinite(bounds.pause_ms):
        yield gates.pause(noise, bounds)
    yield gates.throttling(noise, bounds)


def _of_open_loop(window: Measurement, bounds: Thresholds) -> Iterator[Gate]:
    if window.scheduled:
        # A request without a free connection in time is a result of the server.
        yield gates.sent(window.requests, window.scheduled, bounds)
    if window.dispatch is not None and window.dispatch.count and window.latency.count:
        late_ms, median_ms = window.dispatch.quantile_ns(0.99) / 1e6, window.latency.quantile_ns(0.5) / 1e6
        yield gates.lateness(late_ms, median_ms, bounds)


def _of_closed_loop(window: Measurement, load: ClosedLoop, scenario: Scenario, by: GateInputs) -> Iterator[Gate]:
    yield littles_law(window, load, by.bounds)
    places = load.connections if by.slots is None else min(by.slots, load.connections)
    # The wait of a mix is random. A stream's timetable goes on while another stream blocks the event loop, so that both
    # waits may be one; and each of its events is held to the timetable anyhow.
    is_known = len(scenario.workloads) == 1 and window.streams is None
    wait_s = least_seconds(scenario.workloads[0]) if is_known else 0.0
    yield gates.arithmetic_ceiling(window, places, wait_s, by.bounds)


def _noted(gate: Gate) -> Gate:
    return gate if gate.ok else replace(gate, ok=True, detail=f"{gate.detail} {NOTED_ONLY}")


def with_state(trial: Trial) -> Trial:
    """Return the trial, void with the reasons of its closed gates if there are any."""
    reason = gates.void_reason(trial.gates)
    return replace(trial, state="void", reason=reason) if reason else trial


def is_lower_bound(trial: Trial) -> bool:
    """Return whether the trial is void by the generator's limits alone: the true rate is at least the measured one."""
    closed = {gate.name for gate in trial.gates if not gate.ok}
    return trial.state == "void" and trial.metric == "rate" and bool(closed) and closed <= gates.LIMITS


def quietest_attempt(attempts: Sequence[Trial]) -> Trial | None:
    """Return the quietest of the void attempts as noisy; None where each failed a gate of the generator."""
    chosen = gates.quietest([(trial.gates, trial.noise or HostNoise()) for trial in attempts])
    return None if chosen is None else replace(attempts[chosen], state="noisy")
