"""Runs made up for tests of the page: one that compared, with everything that can befall it, and ones that searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from stackduel.analysis.conclusion import conclude
from stackduel.model.client_settings import LeavingSettings, SlowReadersSettings
from stackduel.model.environment import Environment
from stackduel.model.estimates import Median, Slope
from stackduel.model.findings import Finding, SearchResult
from stackduel.model.measurement import Window
from stackduel.model.run import Run
from stackduel.model.search_results.breaking_point import BreakingPoint, RampStep
from stackduel.model.search_results.capacity import Capacity, Windows
from stackduel.model.search_results.cold_start import ColdStart, Launch, Speedup
from stackduel.model.search_results.leaving import Leaving, LeavingRound, Noticing
from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.recycling import RecycledRound, Recycling
from stackduel.model.search_results.shutdown import Shutdown, Stop
from stackduel.model.search_results.slow_readers import HeldBack, MadeEvents, SlowReaders, SlowRound, SlowStream
from stackduel.model.search_results.soak import Soak, Third
from stackduel.model.search_results.streams_held import StreamsHeld, StreamWindows
from stackduel.model.search_results.sustained import Count, Sustained, Tried
from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams
from stackduel.model.search_settings import (
    BreakingPointSettings,
    CapacitySettings,
    ColdStartSettings,
    RecyclingSettings,
    SearchSettings,
    ShutdownSettings,
    SoakSettings,
    SustainedSettings,
)
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Metric
from stackduel.model.trial import Cost, Failure, Gate, Memory, Place, Result, Trial
from tests.stackduel.ablated import EFFECTS, ablated, additive, settings_of
from tests.stackduel.makers import CALLING, WAITING, measurement, run
from tests.stackduel.scaled import scaling_run
from tests.stackduel.tuned import tuning, usual

ABOUT = {"framework": "flask", "app": "a:app", "server": "gunicorn", "worker_class": "gthread", "worker_count": 1}
STACKS = msgspec.convert(
    {
        "slow": {
            "tier": "baseline",
            "summary": "as it is",
            **ABOUT,
            "threads": 2,
            "waiting_slots": 2,
            "fans_out": False,
        },
        "tuned": {
            "tier": "settings",
            "summary": "tuned",
            **ABOUT,
            "threads": 64,
            "waiting_slots": 64,
            "fans_out": False,
        },
        "fast": {"tier": "rewrite", "summary": "another", **ABOUT, "waiting_slots": None, "fans_out": True},
        "wrong": {"tier": "control", "summary": "a trap", **ABOUT, "waiting_slots": 1, "fans_out": True},
        "slow.twin": {"tier": "A/A", "summary": "chance", **ABOUT, "threads": 2, "waiting_slots": 2, "fans_out": False},
    },
    dict[str, StackFacts],
)
ENVIRONMENT = msgspec.convert(
    {
        "python": "CPython 3.11",
        "cores": 2,
        "libraries": {"flask": "3.1.3"},
        "launch": {"images": {"slow": "sha256:0123"}, "cpu_limit": "cpuset"},
        "notes": ["A note."],
    },
    Environment,
)
MEMORY = tuple(Memory(0.5 * n, 60.0 + n) for n in range(4))


def measured(
    stack: str, requests: int, latency_ms: float, block: int, scenario: str, metric: Metric, failed: int = 0
) -> Trial:
    """A trial whose latencies spread, over four windows of half a second."""
    found = measurement([latency_ms * (1 + (n % 20) / 40) for n in range(requests)], failed=failed)
    windows = tuple(
        Window(0.5 * n, 0.5, requests // 4, failed if n == 3 else 0, latency_ms + n, latency_ms * 1.4) for n in range(4)
    )
    cost = Cost(0.001 * requests, 64.0, MEMORY)
    return Trial(Place(stack, scenario, block), metric, replace(found, timeline=windows), cost)


def blocks() -> Iterator[Trial]:
    """Five blocks of two scenarios."""
    for block, chance in enumerate((0, 1, -1, 2, -2), 1):
        yield measured("slow", 40 + chance % 2, 500, block, "waiting", "rate")
        yield measured("slow.twin", 40, 500, block, "waiting", "rate")
        yield measured("tuned", 190 + chance, 100, block, "waiting", "rate", failed=2 if block == 3 else 0)
        yield measured("fast", 196 + chance, 100, block, "waiting", "rate")
        yield measured("wrong", 20 + chance % 2, 1000, block, "waiting", "rate")
        for stack, latency_ms in (("slow", 500), ("slow.twin", 501), ("tuned", 500), ("fast", 100), ("wrong", 480)):
            yield measured(stack, 3, latency_ms + chance, block, "calling", "time")


def compared() -> Run:
    """A run that compared, with a void trial, a noisy one, failed requests and a trial that could not be measured."""
    gate = Gate("generator-cpu", False, "The busiest shard used 90.0 % of its core (bound 70 %).")
    results: list[Result] = []
    for each in blocks():
        if each.place == Place("fast", "waiting", 2):
            void = replace(each, state="void", reason=gate.detail, gates=(gate,))
            results += [void, replace(each, place=replace(each.place, attempt=2))]
        elif each.place == Place("slow.twin", "waiting", 1):
            results.append(replace(each, state="noisy", reason="Other processes used 20 %."))
        else:
            results.append(each)
    results.append(Failure(Place("tuned", "calling", 6), "it died\nwith <b>pipes</b>"))
    made = run(results, {name: about.tier for name, about in STACKS.items()}, (WAITING, CALLING))
    made = replace(made, stacks=STACKS, environment=ENVIRONMENT, suite=replace(made.suite, blocks=5))
    return conclude(made, block_s=60)


def renamed(made: Run, names: dict[str, str]) -> Run:
    """The same run with other names for its stacks."""

    def new(name: str) -> str:
        return names.get(name, name)

    suite = replace(made.suite, stacks=tuple(map(new, made.suite.stacks)), baseline=new(made.suite.baseline))
    results = tuple(replace(each, place=replace(each.place, stack=new(each.place.stack))) for each in made.results)
    stacks = {new(name): about for name, about in made.stacks.items()}
    return conclude(replace(made, suite=suite, baseline=new(made.baseline), stacks=stacks, results=results))


def searched(settings: SearchSettings, **found: SearchResult) -> Run:
    """A run that searched, with what was found on each stack."""
    made = run(
        [measured(stack, 40, 100, 1, "waiting@1", "rate") for stack in found],
        dict.fromkeys(found, "rewrite"),
    )
    findings = tuple(Finding(stack, "waiting", each) for stack, each in found.items())
    return replace(made, suite=replace(made.suite, search=settings), findings=findings)


SEARCHES: dict[str, Run] = {
    "capacity": searched(
        CapacitySettings(slo="p99=200ms"),
        slow=Capacity("p99=200ms", Windows(100, 3, 3), Windows(110, 1, 3, "p99 was 300 ms")),
        fast=Capacity("p99=200ms", Windows(470, 3, 3), None, "470 req/s is the highest rate to try"),
    ),
    "streams-held": searched(
        CapacitySettings(slo="event_p99=50ms"),
        slow=StreamsHeld("event_p99 <= 50 ms", StreamWindows(256, 5, 5), StreamWindows(280, 1, 3, "it was 80 ms")),
        fast=StreamsHeld("event_p99 <= 50 ms", StreamWindows(700, 5, 5), None, "the 240 s are over"),
    ),
    "sustained": searched(
        SustainedSettings(),
        slow=Sustained(
            Count(8, 150, 148, 152, 1, 1, 1, "highest"),
            True,
            (Count(8, 150, 148, 152, 1, 1, 1, "highest"), Count(4, 80, 78, 82, 0.5, 0.4, 0.6, "lower")),
            tuple(Tried(n, 150 * min(1, n / 8)) for n in (1, 2, 4, 8, 16)),
        ),
    ),
    "breaking-point": searched(
        BreakingPointSettings(),
        slow=BreakingPoint(
            "p99=1s",
            100,
            200,
            "12 % failed",
            (RampStep(50, True, 0, 20), RampStep(100, True, 0, 40), RampStep(200, False, 0.1, 9)),
        ),
    ),
    "cold-start": searched(
        ColdStartSettings(),
        slow=ColdStart(
            (Launch(1, 800, 12, 3, 0.5),), Median(800, 700, 900, 0.95), Median(12), Median(3), Median(0.5), "slow", None
        ),
        fast=ColdStart(
            (Launch(1, 400, 12, 3, None),), Median(400), Median(12), Median(3), None, "slow", Speedup(2.0, 1.8, 2.2, 5)
        ),
    ),
    "shutdown": searched(
        ShutdownSettings(),
        slow=Shutdown((Stop(1, 20, Losses(8, 20, 320, 0), 0.98, killed=False),), 5.0, Median(0.98)),
        fast=Shutdown((Stop(1, 20, Losses(20, 0, 320, 3), 5.1, killed=True),), 5.0, Median(5.1)),
    ),
    "recycling": searched(
        RecyclingSettings(),
        slow=Recycling((RecycledRound(1, Losses(9_000, 12, 0, 0), 60),)),
        fast=Recycling((RecycledRound(1, Losses(300, 4, 80, 0), 10, "the server ended with exit status 0"),)),
    ),
    "leaving": searched(
        LeavingSettings(),
        slow=Leaving(
            (
                LeavingRound(
                    *(1, 7, 6, 3, (43.0, 81.0), (44.0, 82.0), MemoryAround(36, 40, 36.5)),
                    *(StayedStreams(1, 9.0), StayedStreams(0, 8.0)),
                ),
            ),
            Noticing(6, 0, 43.0, 81.0),
            Noticing(6, 0, 44.0, 82.0),
            MemoryAround(36, 40, 36.5),
            *(9.0, 8.0, 1.125),
        ),
        fast=Leaving((), Noticing(4, 2, 1.0, 2.0), None, None, None, None, None),
    ),
    "slow-readers": searched(
        SlowReadersSettings(),
        slow=SlowReaders(
            (
                SlowRound(
                    *(1, 3, (SlowStream(12_288, 1, MadeEvents(44, 120), MadeEvents(99, 120)),)),
                    *(MemoryAround(36, 50, 37), MemoryAround(36, 45.5, 36)),
                    *(StayedStreams(1, 9.0), StayedStreams(0, 8.0)),
                ),
            ),
            *(1024, HeldBack(1, 1, 44, 120, 43), HeldBack(1, 1, 99, 120, 98), 4.5, 9.0, 8.0, 1.125),
        ),
        fast=SlowReaders((), 1024, HeldBack(0, 2, 118, 120, 117), None, None, None, None, None),
    ),
    "tune": tuning(usual()),
    "scaling": scaling_run((1, 2, 4, 8)),
    "ablation": ablated(settings_of(tuple(EFFECTS)), additive(EFFECTS), spread=0.01),
    "soak": searched(
        SoakSettings(),
        slow=Soak(600, 60_000, 0, 63.0, 1024, Slope(2.0, -1.0, 5.0), None, Third(100, 30), Third(99, 31)),
    ),
}  # fmt: skip


def largest() -> Run:
    """Every stack of the registry in twelve scenarios, each watched in three hundred windows."""
    names = ("base", *(f"stack-number-{n}" for n in range(1, 22)))
    scenarios = [replace(WAITING, name=f"waiting-{n}") for n in range(12)]
    windows = tuple(Window(0.1 * n, 0.1, 20 + n % 7, 0, 100.123 + n, 120.456 + n) for n in range(300))
    results = []
    for scenario in scenarios:
        for place, name in enumerate(names):
            each = measured(name, 500 + place, 100, 1, scenario.name, "rate")
            results.append(replace(each, measurement=replace(each.measurement, timeline=windows)))
    made = run(results, {name: "rewrite" if place else "baseline" for place, name in enumerate(names)}, scenarios)
    stacks = {name: replace(STACKS["fast"], tier=about.tier, summary="") for name, about in made.stacks.items()}
    return conclude(replace(made, stacks=stacks))
