"""The JSON Schema of run.json, made of the types that it is written from (pure).

What ``asdict`` writes is described by the types themselves. What the modules beside this one write by hand stands here
by hand: a line a key. A key that is not always measured is ``null_or(...)``: null where it was not, and never absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from stackduel.model.advice import Advice
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.findings import BreakingPoint, Capacity, ColdStart, Soak, Sustained
from stackduel.model.gpu_use import GpuUse
from stackduel.model.histogram import LatencySummary
from stackduel.model.measurement import GeneratorUse, Warmup, Window
from stackduel.model.run import Status
from stackduel.model.search_settings import SearchSettings
from stackduel.model.suite import ClosedLoop, Metric, OpenLoop, Scenario, Suite, Workload
from stackduel.model.trial import Gate, HostNoise, Inside, TrialState
from stackduel.storage.json_schema import (
    ANYTHING,
    COUNT,
    NUMBER,
    TEXT,
    Schema,
    array,
    by_name,
    named,
    null_or,
    of,
    record,
)
from stackduel.storage.run_document import SCHEMA

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """The schema, by the rules of draft 2020-12; every key is required, and no other allowed."""
    return {
        "$schema": DRAFT,
        "$id": f"urn:stackduel:run:{SCHEMA}",
        "title": f"A run of stackduel, schema {SCHEMA}",
        "description": "What was not measured is null, never absent and never zero.",
        **record(RUN),
        "$defs": {
            "summary": of(LatencySummary),
            "trial": record({**TRIAL, **MEASURED}),
            "failure": record({**TRIAL, **{name: {"type": "null"} for name in MEASURED}, **FAILED}),
        },
    }


_SUMMARY: Schema = {"$ref": "#/$defs/summary"}
# HdrHistogram's V2 compressed form.
_HISTOGRAM: Schema = {"type": "string", "contentEncoding": "base64"}
_CALLED: Mapping[str, Schema] = {"label": TEXT, "requests": COUNT, "failed": COUNT, "histogram": _HISTOGRAM}
# A device's own facts stand beside its figures.
_DEVICE = record(
    {
        "name": TEXT,
        "uuid": TEXT,
        "driver": TEXT,
        "memory_mib": null_or(NUMBER),
        "utilisation_mean": null_or(NUMBER),
        "memory_peak_mib": null_or(NUMBER),
        "power_mean_w": null_or(NUMBER),
    }
)
# The keys that trials and failures have in common; then those that are null in failures.
TRIAL: Mapping[str, Schema] = {
    "stack": TEXT,
    "scenario": TEXT,
    "block": COUNT,
    "attempt": COUNT,
    "state": of(TrialState),
    "reason": null_or(TEXT),
    "gates": array(of(Gate)),
}
FAILED: Mapping[str, Schema] = {"state": {"const": "failed"}, "reason": TEXT, "gates": {"type": "array", "maxItems": 0}}
MEASURED: Mapping[str, Schema] = {
    "metric": of(Metric),
    "requests": COUNT,
    "succeeded": COUNT,
    "failed": COUNT,
    "cut_off": COUNT,
    "cut_off_s": NUMBER,
    "scheduled": null_or(COUNT),
    "completed": COUNT,
    "outcomes": by_name(COUNT),
    "rate_rps": NUMBER,
    "time_ms": null_or(NUMBER),
    "duration_s": NUMBER,
    "latency_ms": _SUMMARY,
    "service_ms": null_or(_SUMMARY),
    "lateness_ms": null_or(_SUMMARY),
    "dispatch_ms": null_or(_SUMMARY),
    "first_byte_ms": null_or(_SUMMARY),
    "spans_ms": null_or(by_name(_SUMMARY)),
    "victim_ms": null_or(_SUMMARY),
    "victim": null_or(record(_CALLED)),
    "calls": array(record({**_CALLED, "latency_ms": _SUMMARY})),
    "in_flight_mean": NUMBER,
    "timeline": array(of(Window)),
    "histogram": _HISTOGRAM,
    "service_histogram": null_or(_HISTOGRAM),
    "lateness_histogram": null_or(_HISTOGRAM),
    "dispatch_histogram": null_or(_HISTOGRAM),
    "first_byte_histogram": null_or(_HISTOGRAM),
    "span_histograms": null_or(by_name(_HISTOGRAM)),
    "reconnects": COUNT,
    "resent": COUNT,
    "drained": {"type": "boolean"},
    "warmup": named(Warmup),
    "cpu_s": null_or(NUMBER),
    "cpu_ms_per_request": null_or(NUMBER),
    "memory_peak_mib": null_or(NUMBER),
    "memory_timeline": null_or(array({"type": "array", "prefixItems": [NUMBER, NUMBER], "items": False})),
    "gpu": null_or(of(GpuUse, devices=array(_DEVICE))),
    "inside": null_or(of(Inside)),
    "generator": of(GeneratorUse),
    "noise": null_or(of(HostNoise)),
    "downstream_cpu_s": null_or(NUMBER),
    "null_rate_rps": null_or(NUMBER),
}
_WORKLOAD = of(
    Workload,
    headers=array({"type": "array", "prefixItems": [TEXT, TEXT], "items": False}),
    body={"type": "string", "contentEncoding": "base64"},
)
_LOAD: Schema = {
    "oneOf": [of(ClosedLoop, kind={"const": "closed"}), of(OpenLoop, kind={"const": "open"})],
}
_SEARCH: Schema = {"oneOf": [of(each, mode={"const": each.mode}) for each in get_args(SearchSettings)]}
_FINDINGS: Mapping[str, type] = {
    "capacity": Capacity,
    "sustained": Sustained,
    "breaking-point": BreakingPoint,
    "cold-start": ColdStart,
    "soak": Soak,
}
_FINDING: Schema = {
    "oneOf": [
        of(found, stack=TEXT, scenario=TEXT, kind={"const": kind}, sentence=TEXT) for kind, found in _FINDINGS.items()
    ]
}
_ALONE = record(
    {
        "model": TEXT,
        "block": COUNT,
        "reason": null_or(TEXT),
        "pool": null_or(COUNT),
        "requests": null_or(COUNT),
        "duration_s": null_or(NUMBER),
        "rate_rps": null_or(NUMBER),
        "infer_ms": null_or(_SUMMARY),
        "histogram": null_or(_HISTOGRAM),
    }
)
_SLA = record(
    {
        "scenario": TEXT,
        "stack": TEXT,
        "name": TEXT,
        "bound_ms": null_or(NUMBER),
        "measured_ms": null_or(NUMBER),
        "bound_share": null_or(NUMBER),
        "measured_share": null_or(NUMBER),
        "ok": null_or({"type": "boolean"}),
        "reason": null_or(TEXT),
    }
)
_ADVICE = record({"run": of(Advice), "scenarios": by_name(of(Advice))})
RUN: Mapping[str, Schema] = {
    "schema": {"const": SCHEMA},
    "id": TEXT,
    "started": {"type": "string", "format": "date-time"},
    "status": of(Status),
    "command": array(TEXT),
    "options": ANYTHING,
    "seed": COUNT,
    "environment": ANYTHING,
    "suite": of(
        Suite,
        scenarios=array(of(Scenario, workloads=array(_WORKLOAD), load=_LOAD, victim=null_or(_WORKLOAD))),
        search=null_or(_SEARCH),
    ),
    "baseline": TEXT,
    "stacks": by_name({"type": "object", "properties": {"tier": TEXT}, "required": ["tier"]}),
    "planned": COUNT,
    "trials": array(
        {
            "if": {"properties": {"state": {"const": "failed"}}},
            "then": {"$ref": "#/$defs/failure"},
            "else": {"$ref": "#/$defs/trial"},
        }
    ),
    "comparisons": array(of(Comparison)),
    "limits": array(of(Limit)),
    "crossover": array(of(CrossoverCurve)),
    "advice": null_or(_ADVICE),
    "findings": array(_FINDING),
    "isolated": array(_ALONE),
    "ceiling_shares": array(of(CeilingShare)),
    "slas": array(_SLA),
}
