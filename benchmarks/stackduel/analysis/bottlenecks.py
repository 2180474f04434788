"""Why a stack is as fast as it is: which ceiling each one reached, predicted beside measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.ceilings import Ceiling, CeilingInputs, bottleneck, ceilings
from stackduel.model.comparison import Limit
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import OpenLoop, Scenario
from stackduel.model.trial import Result, Trial, counting_trials, trials_by_place
from stackduel.model.waits import least_seconds, mean_request_seconds


@dataclass(frozen=True, slots=True)
class Resources:
    """What the stacks of a run had to share: the cores of the server and of the downstream."""

    server_cores: int
    downstream_cores: int


def ceiling_inputs(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    stacks: Mapping[str, StackFacts],
    resources: Resources,
) -> dict[tuple[str, str], CeilingInputs]:
    """What the requests had to share, by (scenario, stack) wherever something was measured."""
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.completed)
    return {
        (scenario.name, stack): inputs_of(scenario, about, trials[scenario.name, stack], resources)
        for scenario in scenarios
        for stack, about in stacks.items()
        if (scenario.name, stack) in trials
    }


def limits(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    stacks: Mapping[str, StackFacts],
    shared: Mapping[tuple[str, str], CeilingInputs],
) -> tuple[Limit, ...]:
    """What binds each stack in each scenario, by what its requests ``shared``, in the order of these."""
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.completed)
    by_name = {scenario.name: scenario for scenario in scenarios}
    return tuple(
        _limit(by_name[scenario], stack, stacks[stack], found, trials[scenario, stack])
        for (scenario, stack), found in shared.items()
    )


def _limit(scenario: Scenario, stack: str, about: StackFacts, shared: CeilingInputs, trials: Sequence[Trial]) -> Limit:
    found = _told_apart(ceilings(shared), scenario, about)
    bound = bottleneck(found, statistics.median(trial.rate_rps for trial in trials))
    return Limit(scenario.name, stack, bound.name, bound.predicted_rps, bound.measured_rps, bound.sentence)


def inputs_of(scenario: Scenario, about: StackFacts, trials: Sequence[Trial], resources: Resources) -> CeilingInputs:
    """What the requests of a scenario had to share on a stack, as medians over its trials."""
    load = scenario.load
    downstream_cpu_s = _median(
        trial.downstream_cpu_s / trial.measurement.succeeded for trial in trials if trial.downstream_cpu_s is not None
    )
    cpu_ms = _median(trial.cpu_ms_per_request for trial in trials if trial.cpu_ms_per_request is not None)
    return CeilingInputs(
        wait_s=mean_request_seconds(scenario.workloads, fans_out=about.fans_out),
        connections=None if isinstance(load, OpenLoop) else load.connections,
        offered_rps=load.rate_rps if isinstance(load, OpenLoop) else None,
        slots=about.waiting_slots,
        cores=float(resources.server_cores),
        cpu_s_per_request=None if cpu_ms is None else cpu_ms / 1000,
        downstream_rps=resources.downstream_cores / downstream_cpu_s if downstream_cpu_s else None,
        generator_rps=_median(trial.null_rate_rps for trial in trials if trial.null_rate_rps is not None),
    )


def _told_apart(found: Sequence[Ceiling], scenario: Scenario, about: StackFacts) -> tuple[Ceiling, ...]:
    """A handler that makes its calls in turn is bound by that before its clients are."""
    in_turn = not about.fans_out and any(
        mean_request_seconds([each], fans_out=False) > least_seconds(each) for each in scenario.workloads
    )
    return tuple(
        replace(each, name="calls in turn") if in_turn and each.name == "connections" else each for each in found
    )


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.median(known) if known else None
