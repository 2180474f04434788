"""Which search a suite's settings ask for, and about how long it will take (pure)."""

from __future__ import annotations

import math
from dataclasses import replace

from stackduel.model.search_settings import (
    BreakingPointSettings,
    CapacitySettings,
    ColdStartSettings,
    Settings,
    SoakSettings,
    SustainedSettings,
)
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.planning.order import OVERHEAD_S, Pace, scenario_seconds
from stackduel.search.breaking_point import search_breaking_point
from stackduel.search.capacity import search_capacity
from stackduel.search.finding import Found
from stackduel.search.level_outcome import at_rate
from stackduel.search.probe import Search
from stackduel.search.slo import parse_slo
from stackduel.search.soak import PIECES, search_soak
from stackduel.search.sustained import search_sustained

# Where nobody knows yet how far a ramp will go: so many doublings of the rate.
SUPPOSED_DOUBLINGS = 3
SUPPOSED_STEPS = 8
SUPPOSED_BETWEEN = 5


def begin(settings: Settings, scenario: Scenario, seed: str) -> Search[Found]:
    """The search of these settings from the scenario's load on; ``seed`` draws what is drawn."""
    match settings, scenario.load:
        case CapacitySettings(), OpenLoop() as load:
            return search_capacity(load, settings, seed)
        case SustainedSettings(), ClosedLoop(duration_s=float()) as load:
            return search_sustained(load, settings, seed)
        case BreakingPointSettings(), OpenLoop() as load:
            return search_breaking_point(load, settings)
        case SoakSettings(), load if load.duration_s is not None:
            return search_soak(load, settings)
    raise ValueError(unfit(settings, scenario) or "no such mode")


def unfit(settings: Settings, scenario: Scenario) -> str | None:
    """Why a scenario's load is none that the mode starts from, or None."""
    load = f"scenario {scenario.name}: load: mode {settings.mode} starts from"
    if isinstance(settings, SustainedSettings):
        fits = isinstance(scenario.load, ClosedLoop) and scenario.load.duration_s is not None
        return None if fits else f"{load} connections and a duration_s"
    if isinstance(settings, SoakSettings):
        return None if scenario.load.duration_s is not None else f"{load} a duration_s"
    if isinstance(settings, ColdStartSettings):
        fits = isinstance(scenario.load, ClosedLoop) and scenario.load.connections == 1 and bool(scenario.load.requests)
        return None if fits else f"{load} one connection and a number of requests"
    return None if isinstance(scenario.load, OpenLoop) else f"{load} a rate"


def search_seconds(settings: Settings, scenario: Scenario, pace: Pace) -> float:
    """About how long the search will take on one stack, its launches among it."""
    match settings, scenario.load:
        case CapacitySettings(), OpenLoop() as load:
            return _of_capacity(settings, load, scenario, pace)
        case SustainedSettings(), ClosedLoop() as load:
            return _of_sustained(settings, load, scenario, pace)
        case SoakSettings(), _:
            return pace.launch_s + scenario_seconds(scenario, pace) + PIECES * OVERHEAD_S
        case ColdStartSettings(), ClosedLoop():
            return settings.launches * (pace.launch_s + scenario_seconds(scenario, pace))
        case BreakingPointSettings(), OpenLoop():
            return pace.launch_s + SUPPOSED_STEPS * scenario_seconds(scenario, pace)
    raise ValueError(unfit(settings, scenario) or "no such mode")


def _of_sustained(settings: SustainedSettings, load: ClosedLoop, scenario: Scenario, pace: Pace) -> float:
    doublings = 1 + math.ceil(math.log2(max(1.0, settings.most_connections / load.connections)))
    tries = doublings + SUPPOSED_BETWEEN + 3 * settings.confirmations
    return tries * scenario_seconds(scenario, pace) + (1 + settings.confirmations) * pace.launch_s


def _of_capacity(settings: CapacitySettings, first: OpenLoop, scenario: Scenario, pace: Pace) -> float:
    bisections = math.ceil(math.log2(math.log(2) / math.log(1 + settings.resolution)))
    load = at_rate(first, first.rate_rps, parse_slo(settings.slo))
    window_s = scenario_seconds(replace(scenario, load=load), pace)
    tries = SUPPOSED_DOUBLINGS + bisections + 2 * settings.confirmations
    return tries * window_s + (1 + bisections / 2 + settings.confirmations) * pace.launch_s
