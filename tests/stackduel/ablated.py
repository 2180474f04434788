"""Ablations made up for tests: known effects of switches, with chance or without."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from stackduel.analysis.screening.ablation import with_effects
from stackduel.analysis.screening.designs import runs_for
from stackduel.model.ablation_settings import ALL_OFF, AblatedSwitch, AblationSettings, UnmeasuredSwitch
from stackduel.model.run import Run
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.model.trial import Cost, Trial
from stackduel.planning.ablation_arms import factorial_arms, screening_arms
from tests.stackduel.makers import run, trial

SMALL = Scenario("small", (Workload("/json?items=10"),), ClosedLoop(32, duration_s=2.0))
JSON = Scenario("json", (Workload("/json?items=1000"),), ClosedLoop(32, duration_s=2.0))
# From off to on, on the logarithm of the rate; the time of a request changes by the inverse.
EFFECTS = {"uvloop": 0.25, "orjson": 0.1, "access-log": -0.05, "backlog": 0.0}
BASE_REQUESTS = 4000

# The logarithm of a rate by the switches that are on.
Log = Callable[[Sequence[str]], float]


def settings_of(switches: Sequence[str], replicates: int = 4, *, crossed: bool = False) -> AblationSettings:
    """The arms of an ablation of a made-up stack; ``orjson`` shows on large answers alone."""
    size = (
        factorial_arms(switches, replicates)
        if crossed
        else screening_arms(switches, runs_for(len(switches)), replicates)
    )
    measured = tuple(
        AblatedSwitch(
            name,
            f"{name} instead of nothing",
            f"SET_{number}",
            "off",
            "on",
            ("json",) if name == "orjson" else ("small", "json"),
        )
        for number, name in enumerate(switches)
    )
    unmeasured = (UnmeasuredSwitch("gzip", "Compressed answers", "no request here touches it"),)
    design = "full-factorial" if crossed else "plackett-burman"
    return AblationSettings("fastapi-tuned", design, measured, size.arms, size.blocks, unmeasured, crossed)  # type: ignore[arg-type]


def additive(effects: Mapping[str, float]) -> Log:
    """Every switch does what it does, whatever the others."""
    return lambda on: sum(effects[name] for name in on)


def ablated(
    settings: AblationSettings,
    log: Log,
    *,
    spread: float = 0.0,
    seed: int = 1,
    scenarios: Sequence[Scenario] = (SMALL, JSON),
    without: Callable[[Trial], bool] = lambda _trial: False,
) -> Run:
    """A complete run of an ablation with its results; blocks differ by far more than chance."""
    draw = np.random.default_rng(seed)
    arms = {arm.name: arm for arm in settings.arms}
    trials = []
    for scenario in scenarios:
        for block, names in enumerate(settings.blocks, 1):
            level = draw.normal(0, 0.2)
            for name in names:
                found = made(name, scenario.name, block, level + log(arms[name].on) + spread * draw.normal())
                trials += [] if without(found) else [found]
    return with_effects(ablation_run(settings, trials, scenarios), block_s=60.0)


def made(stack: str, scenario: str, block: int, log: float) -> Trial:
    """A trial whose rate is ``exp(log)`` times the usual one, with latencies and CPU time to match."""
    requests = round(BASE_REQUESTS * math.exp(log))
    cost = Cost(1.9 * math.exp(log / 2), 64.0 * math.exp(-log / 10))
    return trial(stack, requests, block=block, scenario=scenario, latency_ms=16.0 * math.exp(-log), cost=cost)


def ablation_run(settings: AblationSettings, trials: Sequence[Trial], scenarios: Sequence[Scenario]) -> Run:
    """A run of an ablation with these trials and no results yet."""
    names = [arm.name for arm in settings.arms]
    tiers = {ALL_OFF: "baseline", **dict.fromkeys(names, "settings")}
    bare = run(trials, tiers, scenarios)
    suite = Suite("ablation", "What each switch does.", ALL_OFF, tuple(names), len(settings.blocks), tuple(scenarios))
    suite = replace(suite, search=settings, most_blocks=suite.blocks)
    planned = len(scenarios) * sum(map(len, settings.blocks))
    return replace(bare, suite=suite, planned=planned, command=("stackduel", "ablate", "fastapi-tuned"))
