"""Estimates of how long a search takes on one stack."""

from __future__ import annotations

import math
from dataclasses import replace

from stackduel.analysis.slo import parse_slo
from stackduel.model.client_settings import ClientSettings, LeavingSettings, SlowReadersSettings
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.search_settings import (
    BreakingPointSettings,
    CapacitySettings,
    ColdStartSettings,
    LossSettings,
    SearchSettings,
    SoakSettings,
    SustainedSettings,
)
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.planning.estimates import OVERHEAD_S, Pace, scenario_seconds
from stackduel.search.level_outcome import at_rate
from stackduel.search.modes import load_problem
from stackduel.search.soak import PIECES

# Before a ramp has run, its length is a guess: so many doublings of the rate, steps, and tries between two steps.
SUPPOSED_DOUBLINGS = 3
SUPPOSED_STEPS = 8
SUPPOSED_BETWEEN = 5
# A profiler attaches to every other window, and writes what it has.
ATTACHING_S = 0.5
# So many times longer a start takes whose allocations are recorded.
RECORDING = 3


def search_seconds(settings: SearchSettings, scenario: Scenario, pace: Pace) -> float:
    """Estimate the seconds of a search on one stack, launches included."""
    match settings, scenario.load:
        case CapacitySettings(), _:
            return _of_capacity(settings, scenario, pace)
        case SustainedSettings(), ClosedLoop() as load:
            return _of_sustained(settings, load, scenario, pace)
        case SoakSettings(), _:
            return pace.launch_s + scenario_seconds(scenario, pace) + PIECES * OVERHEAD_S
        case settings, ClosedLoop() if isinstance(settings, ColdStartSettings | LossSettings | ClientSettings):
            return _of_rounds(settings, scenario, pace)
        case ProfileSettings(), ClosedLoop():
            windows_s = 2 * settings.windows * (scenario_seconds(scenario, pace) + ATTACHING_S)
            memory_s = RECORDING * (pace.launch_s + scenario_seconds(scenario, pace)) if settings.memory else 0.0
            return pace.launch_s + windows_s + memory_s
        case BreakingPointSettings(), OpenLoop():
            return pace.launch_s + SUPPOSED_STEPS * scenario_seconds(scenario, pace)
    raise ValueError(load_problem(settings, scenario) or "no such mode")


def _of_rounds(settings: ColdStartSettings | LossSettings | ClientSettings, scenario: Scenario, pace: Pace) -> float:
    window_s = scenario_seconds(scenario, pace)
    match settings:
        case ColdStartSettings():
            return settings.launches * (pace.launch_s + window_s)
        case LeavingSettings() | SlowReadersSettings():
            # A window in which some behave otherwise, and one beside it in which nobody does.
            return settings.rounds * (pace.launch_s + 2 * (window_s + settings.settle_s))
    return settings.rounds * (pace.launch_s + window_s)


def _of_sustained(settings: SustainedSettings, load: ClosedLoop, scenario: Scenario, pace: Pace) -> float:
    doublings = 1 + math.ceil(math.log2(max(1.0, settings.most_connections / load.connections)))
    tries = doublings + SUPPOSED_BETWEEN + 3 * settings.confirmations
    return tries * scenario_seconds(scenario, pace) + (1 + settings.confirmations) * pace.launch_s


def _of_capacity(settings: CapacitySettings, scenario: Scenario, pace: Pace) -> float:
    if settings.allowance_s is not None:
        return settings.allowance_s
    bisections = math.ceil(math.log2(math.log(2) / math.log(1 + settings.resolution)))
    first = scenario.load
    load = at_rate(first, first.rate_rps, parse_slo(settings.slo)) if isinstance(first, OpenLoop) else first
    window_s = scenario_seconds(replace(scenario, load=load), pace)
    tries = SUPPOSED_DOUBLINGS + bisections + 2 * settings.confirmations
    return tries * window_s + (1 + bisections / 2 + settings.confirmations) * pace.launch_s
