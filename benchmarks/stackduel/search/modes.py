"""The search of each mode, and the loads that it can begin with."""

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
    """Begin the search of these settings with the scenario's load; ``seed`` draws its random orders."""
    match settings, scenario.load:
        case CapacitySettings(), OpenLoop() as load:
            return search_capacity(load, settings, seed)
        case SustainedSettings(), ClosedLoop(duration_s=float()) as load:
            return search_sustained(load, settings, seed)
        case BreakingPointSettings(), OpenLoop() as load:
            return search_breaking_point(load, settings)
        case SoakSettings(), load if load.duration_s is not None:
            return search_soak(load, settings)
    raise ValueError(load_problem(settings, scenario) or "no such mode")


def load_problem(settings: SearchSettings, scenario: Scenario) -> str | None:
    """Return why the mode cannot begin with the scenario's load; None where it can."""
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
