"""How long the requests to a stack wait: as is known, else learned from its latency at one connection.

With one connection no request waits for another: what a request takes beyond its CPU time, it waits.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.trial import Trial
from stackduel.model.waits import known_wait_seconds

TrialsByPlace = Mapping[tuple[str, str], Sequence[Trial]]
# By the stack and its request.
LearnedWaits = Mapping[tuple[str, Workload], float]


def learned_waits(scenarios: Sequence[Scenario], trials: TrialsByPlace) -> LearnedWaits:
    """Return the waits that scenarios of one connection and one request show, by stack and request."""
    alone = {
        scenario.name: scenario.workloads[0]
        for scenario in scenarios
        if isinstance(scenario.load, ClosedLoop) and scenario.load.connections == 1 and len(scenario.workloads) == 1
    }
    return {
        (stack, alone[scenario]): wait_s
        for (scenario, stack), measured in trials.items()
        if scenario in alone and (wait_s := _wait_s(measured)) is not None
    }


def wait_seconds(scenario: Scenario, stack: str, facts: StackFacts, learned: LearnedWaits) -> float | None:
    """Return how long a request of a scenario waits on a stack, in the mean; None where it is not known of each."""
    waits = []
    for workload in scenario.workloads:
        known = known_wait_seconds(workload, fans_out=facts.fans_out)
        wait_s = learned.get((stack, workload)) if known is None else known
        if wait_s is None:
            return None
        waits.append((workload.weight, wait_s))
    return sum(weight * wait_s for weight, wait_s in waits) / sum(weight for weight, _ in waits)


def _wait_s(trials: Sequence[Trial]) -> float | None:
    """Return the median latency of the blocks less the CPU time of a request; None where either is unknown."""
    cpu_ms = median_of_known(trial.cpu_ms_per_request for trial in trials)
    latencies_s = [
        trial.measurement.latency.quantile_ns(0.5) / 1e9 for trial in trials if trial.measurement.latency.count
    ]
    if cpu_ms is None or not latencies_s:
        return None
    return max(0.0, statistics.median(latencies_s) - cpu_ms / 1000)
