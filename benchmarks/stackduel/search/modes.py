"""The search of each mode, and the loads that it can begin with."""

from __future__ import annotations

from collections.abc import Callable

from stackduel.analysis.slo import parse_slo
from stackduel.model.client_settings import ClientSettings, LeavingSettings, SlowReadersSettings
from stackduel.model.findings import SearchResult
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
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.search.breaking_point import search_breaking_point
from stackduel.search.capacity import search_capacity, search_streams_held
from stackduel.search.probe import Search
from stackduel.search.soak import search_soak
from stackduel.search.sustained import search_sustained

# A server is killed when its grace is over; the window stays open for so long to see what that loses.
AFTER_GRACE_S = 1.0


def begin(
    settings: SearchSettings, scenario: Scenario, seed: str, spent_s: Callable[[], float] = lambda: 0.0
) -> Search[SearchResult]:
    """Begin the search of these settings with the scenario's load; ``seed`` draws its random orders.

    ``spent_s`` returns the seconds that the search has taken so far.
    """
    match settings, scenario.load:
        case CapacitySettings(), OpenLoop() as load:
            return search_capacity(load, settings, seed, spent_s)
        case CapacitySettings(), ClosedLoop(duration_s=float()) as load:
            return search_streams_held(load, settings, seed, spent_s)
        case SustainedSettings(), ClosedLoop(duration_s=float()) as load:
            return search_sustained(load, settings, seed)
        case BreakingPointSettings(), OpenLoop() as load:
            return search_breaking_point(load, settings)
        case SoakSettings(), load:
            return search_soak(load, settings)
    raise ValueError(load_problem(settings, scenario) or "no such mode")


def load_problem(settings: SearchSettings, scenario: Scenario) -> str | None:
    """Return why the mode cannot begin with the scenario's load; None where it can."""
    load = scenario.load
    starts = f"scenario {scenario.name}: load: mode {settings.mode} starts from"
    match settings:
        case CapacitySettings():
            return _capacity_problem(settings, scenario, starts)
        case SustainedSettings():
            fits, needed = isinstance(load, ClosedLoop) and load.duration_s is not None, "connections and a duration_s"
        case ColdStartSettings():
            fits = isinstance(load, ClosedLoop) and load.connections == 1 and bool(load.requests)
            needed = "one connection and a number of requests"
        case ShutdownSettings() | RecyclingSettings():
            least_s = settings.grace_s + AFTER_GRACE_S if isinstance(settings, ShutdownSettings) else 0.0
            duration_s = load.duration_s if isinstance(load, ClosedLoop) else None
            fits = duration_s is not None and duration_s >= least_s
            least = f" of at least {least_s:g}, {AFTER_GRACE_S:g} more than grace_s" if least_s else ""
            needed = f"connections and a duration_s{least}"
        case LeavingSettings() | SlowReadersSettings():
            return _clients_problem(settings, scenario, starts)
        case BreakingPointSettings():
            fits, needed = isinstance(load, OpenLoop), "a rate"
        case _:
            # An ablation, a profile, a tuning, a scaling and a soak begin with any load.
            return None
    return None if fits else f"{starts} {needed}"


def _clients_problem(settings: ClientSettings, scenario: Scenario, starts: str) -> str | None:
    """Return why some clients of a load cannot behave otherwise than the rest; ``starts`` begins the sentence."""
    if any(workload.stream != "sse" or workload.method != "GET" for workload in scenario.workloads):
        return f'scenario {scenario.name}: mode {settings.mode} is of streams (stream = "sse") that GET asks for'
    if len(scenario.workloads) > 1:
        return f"scenario {scenario.name}: mode {settings.mode} has one request, not {len(scenario.workloads)}"
    load = scenario.load
    fits = isinstance(load, ClosedLoop) and load.duration_s is not None and load.connections > 1
    return None if fits else f"{starts} at least 2 connections and a duration_s"


def _capacity_problem(settings: CapacitySettings, scenario: Scenario, starts: str) -> str | None:
    """Return why a capacity cannot be searched from a load; ``starts`` begins the sentence."""
    bounds, load = parse_slo(settings.slo).of_streams, scenario.load
    if not bounds:
        return None if isinstance(load, OpenLoop) else f"{starts} a rate, or with a bound on events from connections"
    if any(workload.stream is None for workload in scenario.workloads):
        return f"scenario {scenario.name}: {bounds[0].name} is of streams, and its answers are none (stream)"
    fits = isinstance(load, ClosedLoop) and load.duration_s is not None
    return None if fits else f"{starts} connections and a duration_s, where {bounds[0].name} is bounded"
