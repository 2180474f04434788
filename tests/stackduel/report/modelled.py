"""A run of models that is made up: two stacks at a given rate, alone, loaded, and set against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from stackduel.analysis.conclusion import conclude
from stackduel.model.environment import Environment
from stackduel.model.histogram import Histogram
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.model_input import ModelInput
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, ServiceLevel, Workload
from stackduel.model.trial import Inside, Result, Trial
from tests.stackduel.makers import measurement, run, trial

WORKLOAD = Workload("/infer/tiny", "POST", check="numbers", model="tiny", given=ModelInput("wav", 342_922, 16_000))
CROWD = Scenario(
    "crowd",
    (WORKLOAD,),
    ClosedLoop(20, requests=200, rated=True, server_timing=True),
    "Twenty clients at once.",
    sla=(ServiceLevel("p99_ms", 100.0), ServiceLevel("infer_p99_ms", 10.0), ServiceLevel("errors", 0.0)),
)
CLIP = Scenario("clip", (WORKLOAD,), OpenLoop(10.0, 30.0, server_timing=True), "A clip ten times a second.")
STACKS = msgspec.convert(
    {
        "fastapi": {"tier": "baseline", "framework": "fastapi", "server": "uvicorn"},
        "fastapi.twin": {"tier": "A/A", "framework": "fastapi", "server": "uvicorn"},
        "triton": {"tier": "service", "framework": "triton", "server": "tritonserver"},
    },
    dict[str, StackFacts],
)
BUDGET = {"server": [0, 1], "generator": [1], "downstream": [1], "memory_mib": 1024}


def histogram(*values_ms: float) -> Histogram:
    return Histogram.of(np.array([value * 1e6 for value in values_ms], dtype=np.int64))


def tailed(median_ms: float, tail_ms: float, count: int) -> list[float]:
    """So many latencies, of which the last tenth is slow."""
    slow = count // 10
    return [median_ms] * (count - slow) + [tail_ms] * slow


def crowded(stack: str, block: int, median_ms: float) -> Trial:
    """20 clients: 200 requests."""
    found = measurement(tailed(median_ms, 1.4 * median_ms, 200), duration_s=200 / 20 * median_ms / 1000)
    parts = {
        "total": 12.0,
        "outside": median_ms - 12.0,
        "app": 1.0,
        "pre": 0.5,
        "queue": 2.0,
        "infer": 8.0,
        "post": 0.5,
    }
    spans = {name: histogram(*[ms] * 200) for name, ms in parts.items()}
    made = trial(stack, 1, scenario="crowd", block=block)
    return replace(made, measurement=replace(found, in_flight_mean=19.5, spans=None if stack == "triton" else spans))


def clipped(stack: str, block: int, median_ms: float, tail_ms: float, failed: int = 0) -> Trial:
    """Ten requests a second for 30 s."""
    found = measurement(tailed(median_ms, tail_ms, 300 - failed), duration_s=30.0, failed=failed)
    made = trial(stack, 1, scenario="clip", block=block, metric="time")
    return replace(made, measurement=replace(found, scheduled=300))


def results(blocks: Sequence[int]) -> Iterator[Result]:
    """Return a run's measurements, of a host that gets slower by and by."""
    for block in blocks:
        slower = 1 + 0.01 * block
        for stack in ("fastapi", "fastapi.twin"):
            yield crowded(stack, block, 50 * slower)
            yield clipped(stack, block, 300 * slower, 2000 * slower)
        inside = Inside(200, 3.5, {"queue": 20.0, "pre": 0.5, "infer": 16.0, "post": 0.25})
        yield replace(crowded("triton", block, 44 * slower), inside=inside)
        yield clipped("triton", block, 700 * slower, 900 * slower, failed=3 * block)


def modelled(blocks: Sequence[int] = range(1, 6)) -> Run:
    """The run, concluded."""
    alone: list[IsolatedResult] = [
        IsolatedMeasurement("tiny", block, 2, 4, 1.0, 480.0 / (1 + 0.01 * block), histogram(*[4.0] * 90, *[5.0] * 10))
        for block in blocks[:-1]
    ]
    alone.append(IsolatedFailure("tiny", blocks[-1], "it died"))
    made = run(list(results(blocks)), scenarios=(CROWD, CLIP))
    suite = replace(
        made.suite, stacks=("fastapi", "triton"), blocks=len(blocks), isolated=True, duel=("fastapi", "triton")
    )
    environment = msgspec.convert(
        {"launcher": "local", "budget": BUDGET, "notes": ["Server and generator share cores."]}, Environment
    )
    return conclude(
        replace(
            made,
            suite=suite,
            stacks=STACKS,
            baseline="fastapi",
            environment=environment,
            isolated=tuple(alone),
            planned=30,
        ),
        block_s=60,
    )
