"""What a search found on one stack, and how it stands in a document (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from stackduel.model.findings import (
    BreakingPoint,
    Capacity,
    ColdStart,
    Count,
    Finding,
    Launch,
    Median,
    RampStep,
    SearchResult,
    Slope,
    Soak,
    Speedup,
    Sustained,
    Third,
    Tried,
    Windows,
)


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """The finding as a document, with its sentence."""
    found = finding.found
    kind = next(name for name, (cls, _) in _KINDS.items() if isinstance(found, cls))
    return {
        "stack": finding.stack,
        "scenario": finding.scenario,
        "kind": kind,
        "sentence": found.sentence,
        **asdict(found),
    }


def finding_from_dict(content: Mapping[str, Any]) -> Finding:
    """The finding of a document; raises KeyError or TypeError where it is none."""
    fields = {name: value for name, value in content.items() if name not in {"stack", "scenario", "kind", "sentence"}}
    return Finding(content["stack"], content["scenario"], _KINDS[content["kind"]][1](fields))


def _capacity(fields: Mapping[str, Any]) -> Capacity:
    windows = {name: Windows(**fields[name]) if fields[name] else None for name in ("confirmed", "above")}
    return Capacity(**{**fields, **windows})


def _sustained(fields: Mapping[str, Any]) -> Sustained:
    return Sustained(
        best=Count(**fields["best"]) if fields["best"] else None,
        sure=fields["sure"],
        counts=tuple(Count(**count) for count in fields["counts"]),
        explored=tuple(Tried(**tried) for tried in fields["explored"]),
        limit=fields["limit"],
    )


def _breaking_point(fields: Mapping[str, Any]) -> BreakingPoint:
    return BreakingPoint(**{**fields, "steps": tuple(RampStep(**step) for step in fields["steps"])})


def _cold_start(fields: Mapping[str, Any]) -> ColdStart:
    medians = {name: Median(**fields[name]) for name in ("launch_ms", "first_ms", "warm_ms")}
    return ColdStart(
        launches=tuple(Launch(**launch) for launch in fields["launches"]),
        **medians,
        cpu_s=Median(**fields["cpu_s"]) if fields["cpu_s"] else None,
        baseline=fields["baseline"],
        speedup=Speedup(**fields["speedup"]) if fields["speedup"] else None,
    )


def _soak(fields: Mapping[str, Any]) -> Soak:
    thirds = {name: Third(**fields[name]) for name in ("first", "last")}
    return Soak(**{**fields, **thirds, "slope": Slope(**fields["slope"]) if fields["slope"] else None})


_KINDS: Mapping[str, tuple[type[SearchResult], Callable[[Mapping[str, Any]], SearchResult]]] = {
    "capacity": (Capacity, _capacity),
    "sustained": (Sustained, _sustained),
    "breaking-point": (BreakingPoint, _breaking_point),
    "cold-start": (ColdStart, _cold_start),
    "soak": (Soak, _soak),
}
