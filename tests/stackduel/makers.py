"""Runs, trials and measurements made up for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stackduel.model.environment import Environment
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import GeneratorUse, Measurement, Warmup, Window
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack_facts import StackFacts
from stackduel.model.stream_figures import COUNTS, TIMES, StreamFigures
from stackduel.model.suite import ClosedLoop, Metric, Scenario, Suite, Workload
from stackduel.model.trial import Cost, Place, Result, Trial

COST = Cost(0.5, 64.0)
WAITING = Scenario("waiting", (Workload("/slow-io?delay=0.1"),), ClosedLoop(10, duration_s=2.0), "Ten clients wait.")
CALLING = Scenario("calling", (Workload("/benchmark/io-test?delay=0.1&concurrent=5"),), ClosedLoop(1, requests=3))


def histogram(times_ms: Sequence[float]) -> Histogram:
    """These times, counted."""
    return Histogram.of(np.array([value * 1e6 for value in times_ms], dtype=np.int64))


def measurement(
    latencies_ms: Sequence[float], duration_s: float = 2.0, failed: int = 0, generator_cpu_s: float = 0.2
) -> Measurement:
    """Return what the engine would bring home for these latencies."""
    latency = histogram(latencies_ms)
    ok = len(latencies_ms)
    return Measurement(
        requests=ok + failed,
        succeeded=ok,
        failed=failed,
        cut_off=1,
        cut_off_s=0.05,
        outcomes={"ok": ok} | ({"status": failed} if failed else {}),
        duration_s=duration_s,
        latency=latency,
        service=None,
        lateness=None,
        dispatch=None,
        first_byte=None,
        spans=None,
        calls=(),
        victim=None,
        scheduled=None,
        completed=ok,
        timeline=(Window(0.0, 1.0, ok, failed, 100.0, None),),
        reconnects=0,
        resent=0,
        drained=True,
        in_flight_mean=9.5,
        warmup=Warmup(10, 0.5),
        generator=GeneratorUse("raw", 1, generator_cpu_s, generator_cpu_s / duration_s, (1,), True, "uvloop"),
    )


def trial(
    stack: str,
    requests: int,
    *,
    block: int = 1,
    scenario: str = "waiting",
    latency_ms: float = 100.0,
    metric: Metric = "rate",
    failed: int = 0,
    cost: Cost | None = COST,
) -> Trial:
    """A trial of so many equal requests within two seconds."""
    found = measurement([latency_ms] * requests, failed=failed)
    return Trial(Place(stack, scenario, block), metric, found, cost)


def stream_figures(events: int = 0, counts: Mapping[str, int] | None = None, **times: Histogram) -> StreamFigures:
    """Figures of streams: so many events, each in a read of its own; all other ``counts`` are 0 unless given."""
    numbers: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "events": events, **(counts or {})}
    histograms: dict[str, Any] = {name: times.get(name, Histogram.empty()) for name in TIMES}
    return StreamFigures(**numbers, **histograms, cut_short={}, reads={1: events}, added_by_number={})


STREAMING = Scenario("chat-8", (Workload("/stream", stream="sse"),), ClosedLoop(8, duration_s=2.0))


def streamed(
    stack: str,
    delay_ms: float,
    *,
    cpu_s: float = 0.1,
    block: int = 1,
    scenario: str = "chat-8",
    metric: Metric = "event_cpu",
    events: int = 1_000,
) -> Trial:
    """A trial of streams of which each event came so late, a tenth of it before it was made."""
    added, late, way = (
        Histogram.of(np.full(events, round(delay_ms * part * 1e6), dtype=np.int64)) for part in (1.0, 0.1, 0.9)
    )
    counts = {"opened": 9, "completed": 8, "paced": events, "stalls": 1}
    figures = replace(
        stream_figures(events, counts, added=added, made_late=late, way=way, ttft=added, gap=added),
        cut_short={17: 1},
        added_by_number={1: added, 2: added, 4: added},
    )
    found = replace(measurement([1_000.0] * 8), streams=figures)
    return Trial(Place(stack, scenario, block), metric, found, Cost(cpu_s, 64.0))


def run(
    results: Sequence[Result], stacks: dict[str, str] | None = None, scenarios: Sequence[Scenario] = (WAITING,)
) -> Run:
    """A run of one block with those results; ``stacks`` are names and tiers, the first the baseline."""
    stacks = stacks or {"slow": "baseline", "fast": "rewrite"}
    baseline = next(iter(stacks))
    return Run(
        run_id="20260102-030405-quick-abcd",
        started="2026-01-02T03:04:05+00:00",
        command=("stackduel", "run", "quick"),
        options=RunOptions(),
        seed=7,
        environment=Environment(python="CPython 3.11", notes=("A note.",)),
        suite=Suite("quick", "A summary.", baseline, tuple(stacks), 1, tuple(scenarios)),
        baseline=baseline,
        stacks={name: StackFacts(tier) for name, tier in stacks.items()},
        planned=len(stacks) * len(scenarios),
        status="complete",
        results=tuple(results),
    )
