"""Run <-> the document of run.json, and the history of its schema (pure).

Schema 1: the first. What is not measured is null, never absent and never zero.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from benchmarks.histogram import Histogram, summarise
from benchmarks.measurement import GeneratorUse, Measurement, Warmup, Window
from benchmarks.record import Run
from benchmarks.suite import PLAIN_HEADERS, ClosedLoop, Scenario, Suite, Workload
from benchmarks.trial import Comparison, Cost, Failure, Gate, Place, Result, Trial

SCHEMA = 1
REDACTED = "[redacted]"


def run_to_dict(run: Run) -> dict[str, Any]:
    """The document of a run, without any of the user's secrets."""
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
        "trials": [result_to_dict(result) for result in run.results],
        "comparisons": [asdict(comparison) for comparison in run.comparisons],
        "advice": run.advice,
    }
    redacted: dict[str, Any] = redact(content, run.secrets)
    return redacted


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
        advice=content["advice"],
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
    content = asdict(suite)
    for shown, scenario in zip(content["scenarios"], suite.scenarios, strict=True):
        shown["load"]["kind"] = "closed"
        shown["workload"]["body"] = base64.b64encode(scenario.workload.body).decode()
        shown["workload"]["headers"] = [
            [name, value if name.lower() in PLAIN_HEADERS else REDACTED] for name, value in scenario.workload.headers
        ]
    return content


def suite_from_dict(content: Mapping[str, Any]) -> Suite:
    """The suite of a document."""
    scenarios = []
    for shown in content["scenarios"]:
        workload = dict(shown["workload"])
        workload["body"] = base64.b64decode(workload["body"])
        workload["headers"] = tuple((name, value) for name, value in workload["headers"])
        load = {key: value for key, value in shown["load"].items() if key != "kind"}
        scenarios.append(Scenario(shown["name"], Workload(**workload), ClosedLoop(**load), shown["summary"]))
    return Suite(**{**content, "stacks": tuple(content["stacks"]), "scenarios": tuple(scenarios)})


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
        "outcomes": dict(found.outcomes),
        "rate_rps": result.rate_rps,
        "time_ms": result.time_ms,
        "duration_s": found.duration_s,
        "latency_ms": asdict(summarise(found.latency)),
        "service_ms": _summary(found.service),
        "lateness_ms": _summary(found.lateness),
        "victim_ms": None,
        "in_flight_mean": found.in_flight_mean,
        "timeline": [asdict(window) for window in found.timeline],
        "histogram": found.latency.encode(),
        "reconnects": found.reconnects,
        "resent": found.resent,
        "warmup": found.warmup._asdict(),
        "cpu_s": cost.cpu_s if cost else None,
        "cpu_ms_per_request": result.cpu_ms_per_request,
        "memory_peak_mib": cost.memory_peak_mib if cost else None,
        "gpu": None,
        "generator": asdict(found.generator),
        "gates": [asdict(gate) for gate in result.gates],
    }


TRIAL_KEYS = (
    "metric", "requests", "succeeded", "failed", "cut_off", "outcomes", "rate_rps", "time_ms", "duration_s",
    "latency_ms", "service_ms", "lateness_ms", "victim_ms", "in_flight_mean", "timeline", "histogram", "reconnects",
    "resent", "warmup", "cpu_s", "cpu_ms_per_request", "memory_peak_mib", "gpu", "generator",
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
        cost = Cost(content["cpu_s"], content["memory_peak_mib"])
    measurement = Measurement(
        requests=content["requests"],
        succeeded=content["succeeded"],
        failed=content["failed"],
        cut_off=content["cut_off"],
        outcomes=content["outcomes"],
        duration_s=content["duration_s"],
        latency=_histogram(content["histogram"], content["latency_ms"]),
        service=None,
        lateness=None,
        timeline=tuple(Window(**window) for window in content["timeline"]),
        reconnects=content["reconnects"],
        resent=content["resent"],
        in_flight_mean=content["in_flight_mean"],
        warmup=Warmup(warmup["requests"], warmup["duration_s"]),
        generator=GeneratorUse(**generator),
    )
    gates = tuple(Gate(**gate) for gate in content["gates"])
    return Trial(place, content["metric"], measurement, cost, content["state"], content["reason"], gates)


def _histogram(encoded: str, exact_ms: Mapping[str, float | None]) -> Histogram:
    """A decoded histogram with the exact mean and extremes, which its interchange format lacks."""
    decoded = Histogram.decode(encoded)
    if exact_ms["mean"] is None or exact_ms["min"] is None or exact_ms["max"] is None:
        return decoded
    return replace(
        decoded,
        total_ns=round(exact_ms["mean"] * 1e6 * decoded.count),
        min_ns=round(exact_ms["min"] * 1e6),
        max_ns=round(exact_ms["max"] * 1e6),
    )


def _summary(histogram: Histogram | None) -> dict[str, Any] | None:
    return asdict(summarise(histogram)) if histogram else None
