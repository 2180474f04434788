"""Estimates of how long the steps of a plan take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackduel.model.isolated import ISOLATED_S
from stackduel.model.plan_step import AnyStep, IsolatedStep
from stackduel.model.suite import OpenLoop, Scenario, Workload
from stackduel.model.waits import mean_request_seconds

# Starting, loading and warming up a model, and measuring it.
SOLO_S = 2.5 + ISOLATED_S
OVERHEAD_S = 0.2
# The usual timeout.
BEHIND_S = 30.0
# About how long a model keeps a core busy for one input, and for a sound of WINDOW_S; on two cores, ONNX Runtime 1.31.
WORK_S = {"fast-cnn": 0.0045, "speaker": 0.0095, "vad": 0.005, "face": 0.025, "embed": 0.0045}
UNKNOWN_WORK_S = 0.01
WINDOW_S = 1.6
# A server that works longer than this on requests of a closed window is started afresh.
DRAINED_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds that a stack takes to launch, its waiting slots, and whether it fans calls out.

    ``cores`` is how many cores can work on its requests at once.
    """

    launch_s: float
    slots: int | None = None
    fans_out: bool = True
    cores: int = 1


def step_seconds(step: AnyStep, paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds that a step takes."""
    if isinstance(step, IsolatedStep):
        return SOLO_S
    pace = paces[step.stack]
    return pace.launch_s + sum(scenario_seconds(scenario, pace) for scenario in step.scenarios)


def total_seconds(steps: Iterable[AnyStep], paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds that all steps take."""
    return sum(step_seconds(step, paces) for step in steps)


def scenario_seconds(scenario: Scenario, pace: Pace) -> float:
    """Estimate the seconds of one trial: verification, warm-up, window, and the answers that come after it."""
    load = scenario.load
    work_s = mean_work_seconds(scenario.workloads)
    request_s = mean_request_seconds(scenario.workloads, fans_out=pace.fans_out) + work_s
    if isinstance(load, OpenLoop):
        after_s = request_s + _behind_seconds(load, work_s, pace)
        return request_s + load.warmup_s + load.stable_within_s + load.duration_s + after_s + OVERHEAD_S
    # Little's law: more connections than slots wait in turn.
    busy = load.connections if pace.slots is None else min(load.connections, pace.slots)
    # Work keeps a core busy, and there are only so many; waiting does not.
    per_request_s = max(request_s / busy, work_s / pace.cores)
    warm_s = max(load.warmup_s, load.warmup_requests * per_request_s) + load.stable_within_s
    if load.duration_s is None:
        return request_s + warm_s + (load.requests or 0) * per_request_s + OVERHEAD_S
    drain_s = load.connections * per_request_s
    after_s = drain_s if drain_s <= DRAINED_WITHIN_S else DRAINED_WITHIN_S + pace.launch_s
    return request_s + warm_s + load.duration_s + after_s + OVERHEAD_S


def _behind_seconds(load: OpenLoop, work_s: float, pace: Pace) -> float:
    """Estimate how long an overloaded server goes on after the last arrival, within the patience of its clients."""
    arriving = load.rate_rps * work_s / pace.cores
    return min(BEHIND_S, max(0.0, (load.warmup_s + load.duration_s) * (arriving - 1)))


def mean_work_seconds(workloads: Sequence[Workload]) -> float:
    """Estimate the mean seconds for which the model of a request keeps a core busy; 0 without a model."""
    weights = sum(workload.weight for workload in workloads)
    return sum(each.weight * _work_seconds(each) for each in workloads) / weights


def _work_seconds(workload: Workload) -> float:
    given = workload.given
    if workload.model is None or given is None:
        return 0.0
    work_s = WORK_S.get(workload.model, UNKNOWN_WORK_S)
    if given.samples is None or given.rate_hz is None:
        return work_s
    return work_s * max(1.0, given.samples / given.rate_hz / WINDOW_S)
