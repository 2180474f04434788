"""The interleaved order of a run's trials, and how long they will take (pure)."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from stackduel.inference.isolated import SECONDS
from stackduel.model.suite import OpenLoop, Scenario, Suite, Workload
from stackduel.model.trial import Place


@dataclass(frozen=True, slots=True)
class Step:
    """One fresh start of a stack within a block, and the scenarios that are measured on it in this order."""

    block: int
    stack: str
    scenarios: tuple[Scenario, ...]

    def places(self) -> Iterable[Place]:
        """Where its trials will stand."""
        return (Place(self.stack, scenario.name, self.block) for scenario in self.scenarios)


@dataclass(frozen=True, slots=True)
class Solo:
    """A model measured alone within a block, in no stack: what the stacks of the block could reach at most."""

    block: int
    model: str


AnyStep = Step | Solo


def plan(suite: Suite, stacks: Collection[str], seed: int) -> tuple[AnyStep, ...]:
    """Every block holds every stack once, and what is measured alone, in an order drawn from ``seed``.

    A drift of the host's speed then falls on all stacks alike instead of on the last one measured.
    """
    draw = random.Random(seed)  # noqa: S311 - an order, not a secret
    steps: list[AnyStep] = []
    for block in range(1, suite.blocks + 1):
        order: list[AnyStep] = [Step(block, stack, suite.scenarios) for stack in stacks]
        order += [Solo(block, model) for model in (suite.models if suite.isolated else ())]
        draw.shuffle(order)
        steps += order
    return tuple(steps)


def remaining(steps: Iterable[AnyStep], done: Collection[Place], alone: Collection[Solo] = ()) -> tuple[AnyStep, ...]:
    """The steps without the trials, and the models ``alone``, that are done already, for a run that goes on."""
    open_steps: list[AnyStep] = []
    for step in steps:
        if isinstance(step, Solo):
            open_steps += [] if step in alone else [step]
            continue
        scenarios = tuple(
            scenario for scenario in step.scenarios if Place(step.stack, scenario.name, step.block) not in done
        )
        if scenarios:
            open_steps.append(Step(step.block, step.stack, scenarios))
    return tuple(open_steps)


def trials_in(steps: Iterable[AnyStep]) -> int:
    """How many trials the steps hold."""
    return sum(len(step.scenarios) for step in steps if isinstance(step, Step))


@dataclass(frozen=True, slots=True)
class Pace:
    """What planning knows of a stack: seconds to launch it, its waiting slots, and whether it fans calls out.

    ``cores`` are as many as can work on requests at once.
    """

    launch_s: float
    slots: int | None = None
    fans_out: bool = True
    cores: int = 1


def step_seconds(step: AnyStep, paces: Mapping[str, Pace]) -> float:
    """About how long a step will take."""
    if isinstance(step, Solo):
        return SOLO_S
    pace = paces[step.stack]
    return pace.launch_s + sum(scenario_seconds(scenario, pace) for scenario in step.scenarios)


def total_seconds(steps: Iterable[AnyStep], paces: Mapping[str, Pace]) -> float:
    """About how long all steps will take."""
    return sum(step_seconds(step, paces) for step in steps)


# Starting, loading and warming up a model, and measuring it.
SOLO_S = 2.5 + SECONDS


def scenario_seconds(scenario: Scenario, pace: Pace) -> float:
    """About how long one trial will take: its verification, warm-up and window, and what is answered after it."""
    load = scenario.load
    work_s = mean_work_seconds(scenario.workloads)
    request_s = mean_request_seconds(scenario.workloads, fans_out=pace.fans_out) + work_s
    if isinstance(load, OpenLoop):
        after_s = request_s + _behind_seconds(load, work_s, pace)
        return request_s + load.warmup_s + load.stable_within_s + load.duration_s + after_s + OVERHEAD_S
    # Little's law: more connections than slots wait in turn.
    busy = load.connections if pace.slots is None else min(load.connections, pace.slots)
    # As many cores as there are work on requests at once, whoever waits.
    per_request_s = max(request_s / busy, work_s / pace.cores)
    warm_s = max(load.warmup_s, load.warmup_requests * per_request_s) + load.stable_within_s
    if load.duration_s is None:
        return request_s + warm_s + (load.requests or 0) * per_request_s + OVERHEAD_S
    drain_s = load.connections * per_request_s
    after_s = drain_s if drain_s <= DRAINED_WITHIN_S else DRAINED_WITHIN_S + pace.launch_s
    return request_s + warm_s + load.duration_s + after_s + OVERHEAD_S


def _behind_seconds(load: OpenLoop, work_s: float, pace: Pace) -> float:
    """How long a server that cannot keep up goes on after the last arrival, as far as its clients wait for it."""
    arriving = load.rate_rps * work_s / pace.cores
    return min(BEHIND_S, max(0.0, (load.warmup_s + load.duration_s) * (arriving - 1)))


OVERHEAD_S = 0.2
# The usual timeout.
BEHIND_S = 30.0
# About what a model takes of a core for one input, and for how long a sound that is; on two cores, ONNX Runtime 1.31.
WORK_S = {"fast-cnn": 0.0045, "speaker": 0.0095, "vad": 0.005, "face": 0.025, "embed": 0.0045}
UNKNOWN_WORK_S = 0.01
WINDOW_S = 1.6
# As long as a server may go on with requests of a closed window. One that takes longer is started afresh.
DRAINED_WITHIN_S = 1.0


def mean_request_seconds(workloads: Sequence[Workload], *, fans_out: bool) -> float:
    """How long a request of a mix waits on average, each workload by its weight."""
    weights = sum(workload.weight for workload in workloads)
    return sum(each.weight * request_seconds(each, fans_out=fans_out) for each in workloads) / weights


def mean_work_seconds(workloads: Sequence[Workload]) -> float:
    """About how long a request of a mix keeps a core busy on average, for its model alone; 0 where none is asked."""
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


def least_seconds(workload: Workload) -> float:
    """The least time that a right answer can take: calls made all at once; 0 where it is not known."""
    return request_seconds(workload, fans_out=True)


def request_seconds(workload: Workload, *, fans_out: bool) -> float:
    """How long the endpoints of the HTTP contract make one request wait; 0 for any other path."""
    parts = urlsplit(workload.target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/slow-io":
        return _number(query.get("delay"), 1.0)
    if parts.path.startswith("/benchmark/"):
        calls = 1.0 if fans_out else _number(query.get("concurrent"), 1.0)
        return _number(query.get("delay"), 1.0) * calls
    return 0.0


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
