"""A run made up for tests: a service judged by thresholds, with a published claim on one of its stacks."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.model.suite import ClosedLoop, Metric, Scenario, ServiceLevel, Workload
from stackduel.model.trial import Cost, Memory, Place, Trial
from tests.stackduel.makers import measurement, run

ERRORS = ServiceLevel("errors", 0.0, threshold=True)
RESPONSE = Scenario(
    "response",
    (Workload("/exercise"),),
    ClosedLoop(1, requests=20),
    sla=(ServiceLevel("mean_ms", 18.0, threshold=True), ERRORS),
)
THROUGHPUT = Scenario(
    "throughput",
    (Workload("/exercise"),),
    ClosedLoop(5, requests=50, rated=True),
    sla=(ServiceLevel("rate_rps", 10.0, threshold=True), ERRORS),
)
MEMORY = Scenario(
    "memory",
    (Workload("/exercise"),),
    ClosedLoop(1, requests=100, rated=True),
    sla=(ServiceLevel("growth_mib", 1.0, threshold=True),),
)
STACKS = {"rest": "baseline", "rest.twin": "A/A", "plain": "code", "api": "rewrite"}
CLAIM = SpeedupClaim("The API framework is 2 to 3 times as fast", "api", "rest", 2.0, 3.0)


def judged(claim: SpeedupClaim = CLAIM) -> Run:
    """Five blocks: rest takes 20 ms, plain 19 ms, api 16 ms, and api's memory grows by 1.5 MiB in each window."""
    times_ms = {"rest": 20.0, "rest.twin": 20.0, "plain": 19.0, "api": 16.0}
    results = [
        trial
        for block in range(1, 6)
        for stack, time_ms in times_ms.items()
        for trial in _trials(stack, time_ms * (1 + 0.002 * (block % 3)), block)
    ]
    made = run(results, STACKS, (RESPONSE, THROUGHPUT, MEMORY))
    suite = replace(made.suite, name="service", blocks=5, claims=(claim,))
    return conclude(replace(made, suite=suite), block_s=10)


def _trials(stack: str, time_ms: float, block: int) -> list[Trial]:
    grown_mib = 1.5 + 0.01 * block if stack == "api" else 0.01 * block
    memory = (Memory(0.0, 40.0), Memory(0.5, 40.0 + grown_mib))
    return [
        _trial(stack, "response", "time", [time_ms + 0.2 * (n % 5) for n in range(20)], 20 * time_ms, block, memory),
        _trial(stack, "throughput", "rate", [5 * time_ms] * 50, 50 * time_ms, block, memory),
        _trial(stack, "memory", "rate", [time_ms] * 100, 100 * time_ms, block, memory),
    ]


def _trial(
    stack: str,
    scenario: str,
    metric: Metric,
    times_ms: list[float],
    took_ms: float,
    block: int,
    memory: tuple[Memory, ...],
) -> Trial:
    found = measurement(times_ms, took_ms / 1000)
    return Trial(Place(stack, scenario, block), metric, found, Cost(0.97 * took_ms / 1000, 42.0, memory))
