"""A run of event streams under two loads, for tests of what reports say of them."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.model.suite import ClosedLoop, Scenario, ServiceLevel
from stackduel.model.trial import Result
from tests.stackduel.makers import STREAMING, run, streamed

MORE = replace(STREAMING, name="chat-64", load=ClosedLoop(64, duration_s=2.0))
IDLE = Scenario("chat-8.idle", STREAMING.workloads, STREAMING.load, idle_of="chat-8")


def chatted(*, idle: bool = False) -> Run:
    """Five blocks of two loads on two stacks, the first load with its control if wished."""
    first = replace(STREAMING, idle="chat-8.idle") if idle else STREAMING
    results: list[Result] = []
    for block in range(1, 6):
        for stack, delay_ms in (("slow", 40.0), ("fast", 10.0)):
            results += [
                streamed(stack, delay_ms, block=block, metric=first.metric),
                streamed(stack, 2 * delay_ms, block=block, scenario="chat-64"),
                *([streamed(stack, 0, cpu_s=0.05, block=block, scenario="chat-8.idle")] if idle else []),
            ]
    return conclude(run(results, scenarios=(first, MORE, *([IDLE] if idle else []))))


def of_a_model() -> Run:
    """The same, of a model's tokens under bounds."""
    made = chatted()
    levels = (ServiceLevel("ttft_p99_ms", 500.0), ServiceLevel("tpot_p99_ms", 50.0))
    scenarios = tuple(
        replace(scenario, sla=levels, workloads=tuple(replace(each, stream="openai") for each in scenario.workloads))
        for scenario in made.suite.scenarios
    )
    return replace(made, suite=replace(made.suite, scenarios=scenarios))
