"""Estimates of how long the steps of a plan take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from stackduel.model.aa_pair import is_twin
from stackduel.model.isolated import ISOLATED_S
from stackduel.model.plan_step import AnyStep, IsolatedStep
from stackduel.model.suite import Load, OpenLoop, Scenario, Workload
from stackduel.model.waits import mean_request_seconds

# Starting, loading and warming up a model, and measuring it.
SOLO_S = 2.5 + ISOLATED_S
OVERHEAD_S = 0.2
# The usual timeout.
BEHIND_S = 30.0
# About how long a model keeps a core busy for one input, and for a sound of WINDOW_S; on two cores, ONNX Runtime 1.31.
WORK_S = {"fast-cnn": 0.0045, "speaker": 0.0095, "vad": 0.005, "face": 0.025, "embed": 0.0045}
UNKNOWN_WORK_S = 0.01
# The same for an answer of the music service with its usual number of measures.
MUSIC_WORK_S = {"/exercise": 0.015, "/exercise/random": 0.02, "/note-game": 0.02}
WINDOW_S = 1.6
# The warm-up of a window is drawn between these, so that requests in step do not begin each window at the same point.
LEAST_REWARM_S, MOST_REWARM_S = 0.1, 0.3
MEAN_REWARM_S = (LEAST_REWARM_S + MOST_REWARM_S) / 2
# A server that works longer than this on requests of a closed window is started afresh.
DRAINED_WITHIN_S = 1.0
# An answer that takes longer is verified in the preflight alone.
QUICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds that a stack takes to launch, its waiting slots, and whether it fans calls out.

    ``cores`` is how many cores can work on its requests at once; ``fresh``, that each trial starts the server anew.
    """

    launch_s: float
    slots: int | None = None
    fans_out: bool = True
    cores: int = 1
    fresh: bool = False


def step_seconds(step: AnyStep, paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds that a step takes."""
    if isinstance(step, IsolatedStep):
        return SOLO_S
    pace = paces[step.stack]
    launches = len(step.scenarios) if pace.fresh else 1
    return launches * pace.launch_s + sum(scenario_seconds(scenario, pace) for scenario in step.scenarios)


def total_seconds(steps: Iterable[AnyStep], paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds that all steps take."""
    return sum(step_seconds(step, paces) for step in steps)


def seconds_by_stack(steps: Iterable[AnyStep], paces: Mapping[str, Pace]) -> dict[str, float]:
    """Estimate the seconds that all steps take, by their stack, or by the model that is measured alone."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for step in steps:
        seconds[step.model if isinstance(step, IsolatedStep) else step.stack] += step_seconds(step, paces)
    return dict(seconds)


def preflight_seconds(paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds that it takes to start every stack once, without the twin."""
    return sum(pace.launch_s for name, pace in paces.items() if not is_twin(name))


def scenario_seconds(scenario: Scenario, pace: Pace) -> float:
    """Estimate the seconds of one trial: verification, warm-up, window, and the answers that come after it.

    Of a trial that is divided into windows only the first one has the whole warm-up.
    """
    whole_s = _window_seconds(scenario, pace)
    if not scenario.windows:
        return whole_s
    again_s = _window_seconds(replace(scenario, load=warmed(scenario.load, MEAN_REWARM_S)), pace)
    return whole_s + (scenario.windows - 1) * again_s


def warmed(load: Load, warmup_s: float) -> Load:
    """Return the load of a window on a server that is warm already: its connections are opened, and nothing more."""
    if isinstance(load, OpenLoop):
        return msgspec.structs.replace(load, warmup_s=warmup_s, stable_within_s=0.0)
    return msgspec.structs.replace(load, warmup_s=warmup_s, warmup_requests=0, stable_within_s=0.0)


def _window_seconds(scenario: Scenario, pace: Pace) -> float:
    load = scenario.load
    work_s = mean_work_seconds(scenario.workloads)
    request_s = mean_request_seconds(scenario.workloads, fans_out=pace.fans_out) + work_s
    verified_s = request_s if request_s < QUICK_S else 0.0
    if isinstance(load, OpenLoop):
        after_s = request_s + _behind_seconds(load, work_s, pace)
        return verified_s + load.warmup_s + load.stable_within_s + load.duration_s + after_s + OVERHEAD_S
    # Little's law: more connections than slots wait in turn.
    busy = load.connections if pace.slots is None else min(load.connections, pace.slots)
    # Work keeps a core busy, and there are only so many; waiting does not.
    per_request_s = max(request_s / busy, work_s / pace.cores)
    warm_s = max(load.warmup_s, load.warmup_requests * per_request_s) + load.stable_within_s
    if load.duration_s is None:
        return verified_s + warm_s + (load.requests or 0) * per_request_s + OVERHEAD_S
    drain_s = load.connections * per_request_s
    after_s = drain_s if drain_s <= DRAINED_WITHIN_S else DRAINED_WITHIN_S + pace.launch_s
    return verified_s + warm_s + load.duration_s + after_s + OVERHEAD_S


def _behind_seconds(load: OpenLoop, work_s: float, pace: Pace) -> float:
    """Estimate how long an overloaded server goes on after the last arrival, within the patience of its clients."""
    arriving = load.rate_rps * work_s / pace.cores
    return min(BEHIND_S, max(0.0, (load.warmup_s + load.duration_s) * (arriving - 1)))


def mean_work_seconds(workloads: Sequence[Workload]) -> float:
    """Estimate the mean seconds for which a request keeps a core busy, as far as its model or its path tells."""
    weights = sum(workload.weight for workload in workloads)
    return sum(each.weight * _work_seconds(each) for each in workloads) / weights


def _work_seconds(workload: Workload) -> float:
    given = workload.given
    if workload.model is None or given is None:
        return MUSIC_WORK_S.get(workload.target.partition("?")[0], 0.0)
    work_s = WORK_S.get(workload.model, UNKNOWN_WORK_S)
    if given.samples is None or given.rate_hz is None:
        return work_s
    return work_s * max(1.0, given.samples / given.rate_hz / WINDOW_S)
