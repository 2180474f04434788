"""Run <-> the document of run.json, and the history of its schema (pure).

Schema 1: the first. What is not measured is null, never absent and never zero. Keys that were added since are read as
null where an older document lacks them, and always written: of a request ``model``, ``given``, ``served_as`` and
``tolerance``, of a load ``server_timing`` and ``rated``, of a trial ``spans_ms`` and ``span_histograms``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.curve import Curve, Point
from benchmarks.gpu import gpu_from_dict, gpu_to_dict
from benchmarks.histogram import Histogram, summarise
from benchmarks.inference.ceiling_share import CeilingShare
from benchmarks.inference.given import Given
from benchmarks.inference.isolated import alone_from_dict, alone_to_dict
from benchmarks.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from benchmarks.record import Run
from benchmarks.search.finding import finding_from_dict, finding_to_dict
from benchmarks.search.settings import settings_from_dict, settings_to_dict
from benchmarks.sla import sla_from_dict, sla_to_dict
from benchmarks.stored import stored_histogram
from benchmarks.suite import PLAIN_HEADERS, Promise, Scenario, Suite, Workload, load_from_dict
from benchmarks.trial import Comparison, Cost, Failure, Gate, HostNoise, Inside, Limit, Memory, Place, Result, Trial

SCHEMA = 1
REDACTED = "[redacted]"


def run_to_dict(run: Run, trials: Sequence[Result] | None = None) -> dict[str, Any]:
    """The document of a run, without any of the user's secrets; with other ``trials`` than its own if any are given."""
    content = {
        "schema": SCHEMA,
        "id": run.run_id,
        "started": run.started,
        "status": run.status,
        "command": list(run.command),
        "options": dict(run.options),
        "seed": run.seed,
        "environment": run.environment,
        "suite": suite_to_dict(run.suite),
        "baseline": run.baseline,
        "stacks": run.stacks,
        "planned": run.planned,
        "trials": [result_to_dict(result) for result in (run.results if trials is None else trials)],
        "comparisons": [asdict(comparison) for comparison in run.comparisons],
        "limits": [asdict(limit) for limit in run.limits],
        "crossover": [asdict(curve) for curve in run.curves],
        "advice": run.advice,
        "findings": [finding_to_dict(finding) for finding in run.findings],
        "isolated": [alone_to_dict(alone) for alone in run.isolated],
        "ceiling_shares": [asdict(share) for share in run.ceiling_shares],
        "slas": [sla_to_dict(sla) for sla in run.slas],
    }
    return {name: redact(each, run.secrets) for name, each in content.items()}


def run_from_dict(content: Mapping[str, Any]) -> Run:
    """The run of a document; raises KeyError, TypeError or ValueError where it is not one of this schema."""
    if content["schema"] != SCHEMA:
        raise ValueError(f"schema {content['schema']}, where this version reads schema {SCHEMA}")
    return Run(
        run_id=content["id"],
        started=content["started"],
        status=content["status"],
        command=tuple(content["command"]),
        options=content["options"],
        seed=content["seed"],
        environment=content["environment"],
        suite=suite_from_dict(content["suite"]),
        baseline=content["baseline"],
        stacks=content["stacks"],
        planned=content["planned"],
        results=tuple(result_from_dict(trial) for trial in content["trials"]),
        comparisons=tuple(Comparison(**comparison) for comparison in content["comparisons"]),
        limits=tuple(Limit(**limit) for limit in content["limits"]),
        curves=tuple(curve_from_dict(curve) for curve in content["crossover"]),
        advice=content["advice"],
        findings=tuple(finding_from_dict(finding) for finding in content["findings"]),
        isolated=tuple(alone_from_dict(alone) for alone in content.get("isolated", ())),
        ceiling_shares=tuple(CeilingShare(**share) for share in content.get("ceiling_shares", ())),
        slas=tuple(sla_from_dict(sla) for sla in content.get("slas", ())),
    )


def curve_from_dict(content: Mapping[str, Any]) -> Curve:
    """The curve of a document."""
    return Curve(
        candidate=content["candidate"],
        scenario=content["scenario"],
        waits_s=tuple(content["waits_s"]),
        connections=tuple(content["connections"]),
        speedups=tuple(tuple(row) for row in content["speedups"]),
        notable_s=tuple(content["notable_s"]),
        measured=tuple(Point(**point) for point in content["measured"]),
    )


def redact(value: Any, secrets: Sequence[str]) -> Any:
    """The same document with every occurrence of a secret, in whatever text, replaced."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {redact(key, secrets): redact(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redact(each, secrets) for each in value]
    return value


def suite_to_dict(suite: Suite) -> dict[str, Any]:
    """The document of a suite; header values that may be secret are left out."""
    content = {**asdict(suite), "search": settings_to_dict(suite.search)}
    for shown, scenario in zip(content["scenarios"], suite.scenarios, strict=True):
        shown["load"] = scenario.load.to_dict()
        shown["workloads"] = [workload_to_dict(workload) for workload in scenario.workloads]
        shown["victim"] = workload_to_dict(scenario.victim) if scenario.victim else None
    return content


def workload_to_dict(workload: Workload) -> dict[str, Any]:
    """The document of a workload; header values that may be secret are left out."""
    return {
        **asdict(workload),
        "body": base64.b64encode(workload.body).decode(),
        "headers": [[name, value if name.lower() in PLAIN_HEADERS else REDACTED] for name, value in workload.headers],
    }


def workload_from_dict(content: Mapping[str, Any]) -> Workload:
    """The workload of a document."""
    headers = tuple((name, value) for name, value in content["headers"])
    given = content.get("given")
    return Workload(
        **{
            **content,
            "body": base64.b64decode(content["body"]),
            "headers": headers,
            "given": None if given is None else Given(**given),
        }
    )


def suite_from_dict(content: Mapping[str, Any]) -> Suite:
    """The suite of a document."""
    scenarios = tuple(
        Scenario(
            name=shown["name"],
            workloads=tuple(workload_from_dict(each) for each in shown["workloads"]),
            load=load_from_dict(shown["load"]),
            summary=shown["summary"],
            victim=workload_from_dict(shown["victim"]) if shown["victim"] else None,
            sla=tuple(Promise(**each) for each in shown.get("sla", ())),
        )
        for shown in content["scenarios"]
    )
    search = settings_from_dict(content["search"])
    stacks, duel = tuple(content["stacks"]), tuple(content.get("duel", ()))
    return Suite(**{**content, "stacks": stacks, "scenarios": scenarios, "search": search, "duel": duel})


def result_to_dict(result: Result) -> dict[str, Any]:
    """The document of a trial or a failure: the same keys for both."""
    place = asdict(result.place)
    if isinstance(result, Failure):
        return {**place, "state": "failed", "reason": result.reason, **dict.fromkeys(TRIAL_KEYS), "gates": []}
    found, cost = result.measurement, result.cost
    return {
        **place,
        "state": result.state,
        "reason": result.reason,
        "metric": result.metric,
        "requests": found.requests,
        "succeeded": found.succeeded,
        "failed": found.failed,
        "cut_off": found.cut_off,
        "cut_off_s": found.cut_off_s,
        "scheduled": found.scheduled,
        "completed": found.completed,
        "outcomes": dict(found.outcomes),
        "rate_rps": result.rate_rps,
        "time_ms": result.time_ms,
        "duration_s": found.duration_s,
        "latency_ms": asdict(summarise(found.latency)),
        "service_ms": _summary(found.service),
        "lateness_ms": _summary(found.lateness),
        "dispatch_ms": _summary(found.dispatch),
        "first_byte_ms": _summary(found.first_byte),
        "spans_ms": _each(found.spans, lambda span: asdict(summarise(span))),
        "victim_ms": _summary(found.victim.latency) if found.victim else None,
        "victim": _called(found.victim) if found.victim else None,
        "calls": [{**_called(call), "latency_ms": _summary(call.latency)} for call in found.calls],
        "in_flight_mean": found.in_flight_mean,
        "timeline": [asdict(window) for window in found.timeline],
        "histogram": found.latency.encode(),
        "service_histogram": _encoded(found.service),
        "lateness_histogram": _encoded(found.lateness),
        "dispatch_histogram": _encoded(found.dispatch),
        "first_byte_histogram": _encoded(found.first_byte),
        "span_histograms": _each(found.spans, Histogram.encode),
        "reconnects": found.reconnects,
        "resent": found.resent,
        "drained": found.drained,
        "warmup": found.warmup._asdict(),
        "cpu_s": cost.cpu_s if cost else None,
        "cpu_ms_per_request": result.cpu_ms_per_request,
        "memory_peak_mib": cost.memory_peak_mib if cost else None,
        "memory_timeline": [[round(each.t_s, 3), round(each.mib, 3)] for each in cost.memory] if cost else None,
        "gpu": gpu_to_dict(result.gpu),
        "inside": asdict(result.inside) if result.inside else None,
        "generator": asdict(found.generator),
        "noise": asdict(result.noise) if result.noise else None,
        "downstream_cpu_s": result.downstream_cpu_s,
        "null_rate_rps": result.null_rate_rps,
        "gates": [asdict(gate) for gate in result.gates],
    }


TRIAL_KEYS = (
    "metric", "requests", "succeeded", "failed", "cut_off", "cut_off_s", "scheduled", "completed", "outcomes",
    "rate_rps", "time_ms", "duration_s", "latency_ms", "service_ms", "lateness_ms", "dispatch_ms", "first_byte_ms",
    "spans_ms", "victim_ms", "victim", "calls", "in_flight_mean", "timeline", "histogram", "service_histogram",
    "lateness_histogram", "dispatch_histogram", "first_byte_histogram", "span_histograms", "reconnects", "resent",
    "drained", "warmup", "cpu_s", "cpu_ms_per_request", "memory_peak_mib", "memory_timeline", "gpu", "inside",
    "generator", "noise", "downstream_cpu_s", "null_rate_rps",
)  # fmt: skip


def result_from_dict(content: Mapping[str, Any]) -> Result:
    """The trial or failure of a document; percentiles are computed again from the histogram."""
    place = Place(content["stack"], content["scenario"], content["block"], content["attempt"])
    if content["state"] == "failed":
        return Failure(place, content["reason"])
    warmup, generator = content["warmup"], dict(content["generator"])
    generator["cores"] = tuple(generator["cores"])
    cost = None
    if content["cpu_s"] is not None:
        cost = Cost(
            content["cpu_s"], content["memory_peak_mib"], tuple(Memory(*each) for each in content["memory_timeline"])
        )
    measurement = Measurement(
        requests=content["requests"],
        succeeded=content["succeeded"],
        failed=content["failed"],
        cut_off=content["cut_off"],
        cut_off_s=content["cut_off_s"],
        outcomes=content["outcomes"],
        duration_s=content["duration_s"],
        latency=stored_histogram(content["histogram"], content["latency_ms"]),
        service=_stored(content, "service"),
        lateness=_stored(content, "lateness"),
        dispatch=_stored(content, "dispatch"),
        first_byte=_stored(content, "first_byte"),
        spans=_spans(content),
        calls=tuple(
            CallCount(
                call["label"], call["requests"], call["failed"], stored_histogram(call["histogram"], call["latency_ms"])
            )
            for call in content["calls"]
        ),
        victim=_victim(content),
        scheduled=content["scheduled"],
        completed=content["completed"],
        timeline=tuple(Window(**window) for window in content["timeline"]),
        reconnects=content["reconnects"],
        resent=content["resent"],
        drained=content["drained"],
        in_flight_mean=content["in_flight_mean"],
        warmup=Warmup(**warmup),
        generator=GeneratorUse(**generator),
    )
    gates = tuple(Gate(**gate) for gate in content["gates"])
    noise = HostNoise(**content["noise"]) if content["noise"] else None
    return Trial(
        place=place,
        metric=content["metric"],
        measurement=measurement,
        cost=cost,
        state=content["state"],
        reason=content["reason"],
        gates=gates,
        noise=noise,
        downstream_cpu_s=content["downstream_cpu_s"],
        null_rate_rps=content["null_rate_rps"],
        gpu=gpu_from_dict(content["gpu"]),
        inside=Inside(**content["inside"]) if content.get("inside") else None,
    )


def _called(called: CallCount | Victim) -> dict[str, Any]:
    return {
        "label": called.label,
        "requests": called.requests,
        "failed": called.failed,
        "histogram": called.latency.encode(),
    }


def _victim(content: Mapping[str, Any]) -> Victim | None:
    shown = content["victim"]
    if shown is None:
        return None
    latency = stored_histogram(shown["histogram"], content["victim_ms"])
    return Victim(shown["label"], shown["requests"], shown["failed"], latency)


def _encoded(histogram: Histogram | None) -> str | None:
    return histogram.encode() if histogram is not None else None


def _stored(content: Mapping[str, Any], name: str) -> Histogram | None:
    encoded = content[f"{name}_histogram"]
    return None if encoded is None else stored_histogram(encoded, content[f"{name}_ms"])


def _spans(content: Mapping[str, Any]) -> dict[str, Histogram] | None:
    encoded = content.get("span_histograms")
    if encoded is None:
        return None
    return {name: stored_histogram(each, content["spans_ms"][name]) for name, each in encoded.items()}


def _each(spans: Mapping[str, Histogram] | None, shown: Callable[[Histogram], Any]) -> dict[str, Any] | None:
    return None if spans is None else {name: shown(span) for name, span in spans.items()}


def _summary(histogram: Histogram | None) -> dict[str, Any] | None:
    return asdict(summarise(histogram)) if histogram is not None else None
