"""A run of many stacks and scenarios that is made up, with everything that a report can have to say."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, ServiceLevel, Workload
from stackduel.model.trial import Failure, Place, Result
from tests.stackduel.makers import run, trial

TIERS = ("settings", "worker-class", "code", "framework", "rewrite", "service", "control")


def large(stacks: int = 15, scenarios: int = 12, name: str = "a-stack-with-a-rather-long-name") -> Run:
    """Five blocks; one stack is void, one noisy and one fails in every scenario, and every level is somebody's."""
    names = [f"{name}-{place}" for place in range(stacks)]
    tiers = {one: TIERS[place % len(TIERS)] for place, one in enumerate(names)} | {names[0]: "baseline"}
    loads = [
        Scenario(
            f"scenario-number-{place}",
            (Workload(f"/slow-io?delay=0.{place + 1}"),),
            OpenLoop(50.0, 2.0) if place % 2 else ClosedLoop(10, duration_s=2.0),
            "What this scenario is about, in a sentence as long as those that suites usually have for it.",
            sla=(ServiceLevel("p99_ms", 100.0), ServiceLevel("errors", 0.0)),
        )
        for place in range(scenarios)
    ]
    results: list[Result] = []
    for scenario in loads:
        for block in range(1, 6):
            for place, one in enumerate([*names, f"{names[0]}.twin"]):
                is_twin = place == stacks
                each = trial(
                    one,
                    100 + (0 if is_twin else 40 * place) + block % 3,
                    scenario=scenario.name,
                    block=block,
                    latency_ms=100.0 + place,
                    metric=scenario.load.metric,
                    failed=place % 3,
                )
                void = replace(each, state="void", reason="The busiest shard used 90.0 % of its core (bound 70 %).")
                results += [void, replace(each, place=replace(each.place, attempt=2))] if place == 1 else [each]
        results.append(Failure(Place(names[-1], scenario.name, 6), "it died: " + "a line of its log\n" * 40))
    made = run(results, {**tiers, f"{names[0]}.twin": "A/A"}, loads)
    suite = replace(made.suite, stacks=tuple(names), blocks=5)
    return conclude(replace(made, suite=suite), block_s=60)
