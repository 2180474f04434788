"""Bottlenecks: the ceiling that each stack reached, predicted and measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.ceilings import Ceiling, CeilingInputs, bottleneck, ceilings
from stackduel.analysis.learned_waits import learned_waits, wait_seconds
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.comparison import Limit
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import OpenLoop, Scenario
from stackduel.model.trial import Result, Trial, counting_trials, trials_by_place
from stackduel.model.waits import least_seconds, mean_request_seconds


@dataclass(frozen=True, slots=True)
class Resources:
    """The cores of the server and of the downstream in a run."""

    server_cores: int
    downstream_cores: int


def ceiling_inputs(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    stacks: Mapping[str, StackFacts],
    resources: Resources,
) -> dict[tuple[str, str], CeilingInputs]:
    """Return the inputs of the ceilings by (scenario, stack), for all that were measured."""
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.completed)
    learned = learned_waits(scenarios, trials)
    return {
        (scenario.name, stack): inputs_of(
            scenario, facts, trials[scenario.name, stack], resources, wait_seconds(scenario, stack, facts, learned)
        )
        for scenario in scenarios
        for stack, facts in stacks.items()
        if (scenario.name, stack) in trials
    }


def limits(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    stacks: Mapping[str, StackFacts],
    shared: Mapping[tuple[str, str], CeilingInputs],
) -> tuple[Limit, ...]:
    """Return the bottleneck of each stack in each scenario, in the order of the ``shared`` inputs."""
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.completed)
    by_name = {scenario.name: scenario for scenario in scenarios}
    return tuple(
        _limit(by_name[scenario], stack, stacks[stack], inputs, trials[scenario, stack])
        for (scenario, stack), inputs in shared.items()
    )


def _limit(scenario: Scenario, stack: str, facts: StackFacts, inputs: CeilingInputs, trials: Sequence[Trial]) -> Limit:
    known = _named_by_handler(ceilings(inputs), scenario, facts)
    bound = bottleneck(known, statistics.median(trial.rate_rps for trial in trials))
    if not inputs.waits_known and bound.name is None and bound.predicted_rps is not None:
        sentence = "Unknown: nobody says how many requests the stack can hold at once, or how long they wait."
        return Limit(scenario.name, stack, None, None, bound.measured_rps, sentence)
    return Limit(scenario.name, stack, bound.name, bound.predicted_rps, bound.measured_rps, bound.sentence)


def inputs_of(
    scenario: Scenario, facts: StackFacts, trials: Sequence[Trial], resources: Resources, wait_s: float | None
) -> CeilingInputs:
    """Return the inputs of the ceilings of a stack in a scenario, as medians over its trials.

    ``wait_s`` is how long a request waits on the stack, None where nobody knows.
    """
    load = scenario.load
    downstream_cpu_s = median_of_known(
        trial.downstream_cpu_s / trial.measurement.succeeded for trial in trials if trial.downstream_cpu_s is not None
    )
    cpu_ms = median_of_known(trial.cpu_ms_per_request for trial in trials if trial.cpu_ms_per_request is not None)
    return CeilingInputs(
        wait_s=wait_s or 0.0,
        connections=None if isinstance(load, OpenLoop) else load.connections,
        offered_rps=load.rate_rps if isinstance(load, OpenLoop) else None,
        slots=facts.waiting_slots,
        cores=float(resources.server_cores),
        cpu_s_per_request=None if cpu_ms is None else cpu_ms / 1000,
        downstream_rps=resources.downstream_cores / downstream_cpu_s if downstream_cpu_s else None,
        generator_rps=median_of_known(trial.null_rate_rps for trial in trials if trial.null_rate_rps is not None),
        waits_known=wait_s is not None and facts.slots_known,
    )


def _named_by_handler(known: Sequence[Ceiling], scenario: Scenario, facts: StackFacts) -> tuple[Ceiling, ...]:
    """Name the connections' ceiling "calls in turn" where the handler makes its calls one after another."""
    in_turn = not facts.fans_out and any(
        mean_request_seconds([each], fans_out=False) > least_seconds(each) for each in scenario.workloads
    )
    return tuple(
        replace(each, name="calls in turn") if in_turn and each.name == "connections" else each for each in known
    )
