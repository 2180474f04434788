"""Which search a suite's settings ask for, and about how long it will take."""

from __future__ import annotations

from stackduel.model.findings import SearchResult
from stackduel.model.search_settings import (
    BreakingPointSettings,
    CapacitySettings,
    ColdStartSettings,
    SearchSettings,
    SoakSettings,
    SustainedSettings,
)
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.search.breaking_point import search_breaking_point
from stackduel.search.capacity import search_capacity
from stackduel.search.probe import Search
from stackduel.search.soak import search_soak
from stackduel.search.sustained import search_sustained


def begin(settings: SearchSettings, scenario: Scenario, seed: str) -> Search[SearchResult]:
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


def unfit(settings: SearchSettings, scenario: Scenario) -> str | None:
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
