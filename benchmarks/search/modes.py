"""Which search a suite's settings ask for, and about how long it will take (pure)."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks.plan import Pace, scenario_seconds
from benchmarks.search.answer import at_rate
from benchmarks.search.capacity import search_capacity
from benchmarks.search.finding import Found
from benchmarks.search.probe import Search
from benchmarks.search.settings import CapacitySettings, Settings
from benchmarks.search.slo import parse_slo
from benchmarks.suite import OpenLoop, Scenario

# Where nobody knows yet how far a ramp will go: so many doublings of the rate.
SUPPOSED_DOUBLINGS = 3


def begin(settings: Settings, scenario: Scenario, seed: str) -> Search[Found]:
    """The search of these settings from the scenario's load on; ``seed`` draws what is drawn."""
    match settings, scenario.load:
        case CapacitySettings(), OpenLoop() as load:
            return search_capacity(load, settings, seed)
    raise ValueError(unfit(settings, scenario) or "no such mode")


def unfit(settings: Settings, scenario: Scenario) -> str | None:
    """Why a scenario's load is none that the mode starts from, or None."""
    if isinstance(settings, CapacitySettings) and not isinstance(scenario.load, OpenLoop):
        return f"scenario {scenario.name}: load: mode {settings.mode} starts from a rate, not from connections"
    return None


def search_seconds(settings: Settings, scenario: Scenario, pace: Pace) -> float:
    """About how long the search will take on one stack, its launches among it."""
    return _searched(settings, scenario, pace)


def _searched(settings: CapacitySettings, scenario: Scenario, pace: Pace) -> float:
    if not isinstance(scenario.load, OpenLoop):
        return 0.0
    bisections = math.ceil(math.log2(math.log(2) / math.log(1 + settings.resolution)))
    load = at_rate(scenario.load, scenario.load.rate_rps, parse_slo(settings.slo))
    window_s = scenario_seconds(replace(scenario, load=load), pace)
    tries = SUPPOSED_DOUBLINGS + bisections + 2 * settings.confirmations
    return tries * window_s + (1 + bisections / 2 + settings.confirmations) * pace.launch_s
