"""Trial or Failure <-> its part of run.json (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from stackduel.model.gpu_use import gpu_from_dict, gpu_to_dict
from stackduel.model.histogram import Histogram, summarise
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from stackduel.model.trial import Cost, Failure, Gate, HostNoise, Inside, Memory, Place, Result, Trial
from stackduel.storage.stored_histogram import stored_histogram

TRIAL_KEYS = (
    "metric", "requests", "succeeded", "failed", "cut_off", "cut_off_s", "scheduled", "completed", "outcomes",
    "rate_rps", "time_ms", "duration_s", "latency_ms", "service_ms", "lateness_ms", "dispatch_ms", "first_byte_ms",
    "spans_ms", "victim_ms", "victim", "calls", "in_flight_mean", "timeline", "histogram", "service_histogram",
    "lateness_histogram", "dispatch_histogram", "first_byte_histogram", "span_histograms", "reconnects", "resent",
    "drained", "warmup", "cpu_s", "cpu_ms_per_request", "memory_peak_mib", "memory_timeline", "gpu", "inside",
    "generator", "noise", "downstream_cpu_s", "null_rate_rps",
)  # fmt: skip


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
