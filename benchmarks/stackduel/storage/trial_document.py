"""Trials and failures as run.json holds them: one flat object each, with the same keys for both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stackduel.model.gpu_use import GpuUse
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Victim, Warmup, Window
from stackduel.model.suite import Metric
from stackduel.model.trial import (
    Cost,
    Failure,
    FailureState,
    Gate,
    HostNoise,
    Inside,
    Memory,
    Place,
    Result,
    Trial,
    TrialState,
)
from stackduel.storage.encoded_histogram import EncodedHistogram, decoded, encoded, summary
from stackduel.storage.json_values import NonNegative, to_builtins
from stackduel.storage.stream_document import StreamDocument, stream_document, stream_figures


class VictimDocument(Struct, frozen=True, kw_only=True):
    """The endpoint that was requested beside the load."""

    label: str
    requests: NonNegative
    failed: NonNegative
    histogram: EncodedHistogram
    resent: NonNegative | None = None


class CallDocument(Struct, frozen=True, kw_only=True):
    """One of several calls of a load."""

    label: str
    requests: NonNegative
    failed: NonNegative
    histogram: EncodedHistogram
    latency_ms: LatencySummary


class TrialDocument(Struct, frozen=True, kw_only=True):
    """A trial; what was not measured is null."""

    stack: str
    scenario: str
    block: NonNegative
    attempt: NonNegative
    state: TrialState
    reason: str | None
    metric: Metric
    requests: NonNegative
    succeeded: NonNegative
    failed: NonNegative
    cut_off: NonNegative
    cut_off_s: float
    scheduled: NonNegative | None
    completed: NonNegative
    outcomes: dict[str, NonNegative]
    rate_rps: float
    time_ms: float | None
    duration_s: float
    latency_ms: LatencySummary
    service_ms: LatencySummary | None
    lateness_ms: LatencySummary | None
    dispatch_ms: LatencySummary | None
    first_byte_ms: LatencySummary | None
    spans_ms: dict[str, LatencySummary] | None = None
    victim_ms: LatencySummary | None
    victim: VictimDocument | None
    calls: tuple[CallDocument, ...]
    in_flight_mean: float
    timeline: tuple[Window, ...]
    histogram: EncodedHistogram
    service_histogram: EncodedHistogram | None
    lateness_histogram: EncodedHistogram | None
    dispatch_histogram: EncodedHistogram | None
    first_byte_histogram: EncodedHistogram | None
    span_histograms: dict[str, EncodedHistogram] | None = None
    reconnects: NonNegative
    resent: NonNegative
    drained: bool
    warmup: Warmup
    cpu_s: float | None
    cpu_ms_per_request: float | None
    memory_peak_mib: float | None
    memory_timeline: tuple[Memory, ...] | None
    gpu: GpuUse | None
    inside: Inside | None = None
    generator: GeneratorUse
    noise: HostNoise | None
    downstream_cpu_s: float | None
    null_rate_rps: float | None
    gates: tuple[Gate, ...]
    sample: str | None = None
    streams: StreamDocument | None = None
    worker_timeouts: NonNegative | None = None
    proxy_cpu_s: float | None = None


class FailureDocument(Struct, frozen=True, kw_only=True):
    """The keys of a trial that have a value for a failure; all others are null, and it has no gates."""

    stack: str
    scenario: str
    block: NonNegative
    attempt: NonNegative
    state: FailureState
    reason: str


# The keys that only a trial has a value for.
MEASURED = tuple(
    name for name in TrialDocument.__struct_fields__ if name not in {*FailureDocument.__struct_fields__, "gates"}
)


def result_to_dict(result: Result) -> dict[str, Any]:
    """Return a trial or a failure as its document."""
    if isinstance(result, Failure):
        place = to_builtins(result.place)
        return {**place, "state": result.state, "reason": result.reason, **dict.fromkeys(MEASURED), "gates": []}
    document: dict[str, Any] = to_builtins(_trial_document(result))
    return document


def result_from_dict(content: Mapping[str, Any]) -> Result:
    """Return the trial or failure of a document; percentiles are computed again from the histogram.

    Raises ValueError where it is none, with the place: ``$.block``.
    """
    if content.get("state") == "failed" or (content.get("state") == "void" and content.get("requests") is None):
        failure = msgspec.convert(content, FailureDocument)
        return Failure(_place(failure), failure.reason, failure.state)
    return _trial(msgspec.convert(content, TrialDocument))


def _trial_document(trial: Trial) -> TrialDocument:
    load, cost, place = trial.measurement, trial.cost, trial.place
    return TrialDocument(
        stack=place.stack,
        scenario=place.scenario,
        block=place.block,
        attempt=place.attempt,
        state=trial.state,
        reason=trial.reason,
        metric=trial.metric,
        requests=load.requests,
        succeeded=load.succeeded,
        failed=load.failed,
        cut_off=load.cut_off,
        cut_off_s=load.cut_off_s,
        scheduled=load.scheduled,
        completed=load.completed,
        outcomes=dict(load.outcomes),
        rate_rps=trial.rate_rps,
        time_ms=trial.time_ms,
        duration_s=load.duration_s,
        latency_ms=summarise(load.latency),
        service_ms=summary(load.service),
        lateness_ms=summary(load.lateness),
        dispatch_ms=summary(load.dispatch),
        first_byte_ms=summary(load.first_byte),
        spans_ms=None if load.spans is None else {name: summarise(each) for name, each in load.spans.items()},
        victim_ms=summarise(load.victim.latency) if load.victim else None,
        victim=VictimDocument(**_called(load.victim), resent=load.victim.resent) if load.victim else None,
        calls=tuple(CallDocument(**_called(call), latency_ms=summarise(call.latency)) for call in load.calls),
        in_flight_mean=load.in_flight_mean,
        timeline=load.timeline,
        histogram=load.latency.encode(),
        service_histogram=encoded(load.service),
        lateness_histogram=encoded(load.lateness),
        dispatch_histogram=encoded(load.dispatch),
        first_byte_histogram=encoded(load.first_byte),
        span_histograms=None if load.spans is None else {name: each.encode() for name, each in load.spans.items()},
        reconnects=load.reconnects,
        resent=load.resent,
        drained=load.drained,
        warmup=load.warmup,
        cpu_s=cost.cpu_s if cost else None,
        cpu_ms_per_request=trial.cpu_ms_per_request,
        memory_peak_mib=cost.memory_peak_mib if cost else None,
        memory_timeline=tuple(Memory(round(t_s, 3), round(mib, 3)) for t_s, mib in cost.memory) if cost else None,
        gpu=trial.gpu,
        inside=trial.inside,
        generator=load.generator,
        noise=trial.noise,
        downstream_cpu_s=trial.downstream_cpu_s,
        null_rate_rps=trial.null_rate_rps,
        gates=trial.gates,
        sample=trial.sample,
        worker_timeouts=trial.worker_timeouts,
        proxy_cpu_s=trial.proxy_cpu_s,
        streams=None if load.streams is None else stream_document(load.streams),
    )


def _trial(shown: TrialDocument) -> Trial:
    return Trial(
        place=_place(shown),
        metric=shown.metric,
        measurement=_measurement(shown),
        cost=_cost(shown),
        state=shown.state,
        reason=shown.reason,
        gates=shown.gates,
        noise=shown.noise,
        downstream_cpu_s=shown.downstream_cpu_s,
        null_rate_rps=shown.null_rate_rps,
        gpu=shown.gpu,
        inside=shown.inside,
        sample=shown.sample,
        worker_timeouts=shown.worker_timeouts,
        proxy_cpu_s=shown.proxy_cpu_s,
    )


def _measurement(shown: TrialDocument) -> Measurement:
    return Measurement(
        requests=shown.requests,
        succeeded=shown.succeeded,
        failed=shown.failed,
        cut_off=shown.cut_off,
        cut_off_s=shown.cut_off_s,
        outcomes=shown.outcomes,
        duration_s=shown.duration_s,
        latency=decoded(shown.histogram, shown.latency_ms),
        service=_optional(shown.service_histogram, shown.service_ms),
        lateness=_optional(shown.lateness_histogram, shown.lateness_ms),
        dispatch=_optional(shown.dispatch_histogram, shown.dispatch_ms),
        first_byte=_optional(shown.first_byte_histogram, shown.first_byte_ms),
        spans=_spans(shown),
        calls=tuple(
            CallCount(each.label, each.requests, each.failed, decoded(each.histogram, each.latency_ms))
            for each in shown.calls
        ),
        victim=_victim(shown),
        scheduled=shown.scheduled,
        completed=shown.completed,
        timeline=shown.timeline,
        reconnects=shown.reconnects,
        resent=shown.resent,
        drained=shown.drained,
        in_flight_mean=shown.in_flight_mean,
        warmup=shown.warmup,
        generator=shown.generator,
        streams=None if shown.streams is None else stream_figures(shown.streams),
    )


def _place(shown: TrialDocument | FailureDocument) -> Place:
    return Place(shown.stack, shown.scenario, shown.block, shown.attempt)


def _cost(shown: TrialDocument) -> Cost | None:
    if shown.cpu_s is None or shown.memory_peak_mib is None:
        return None
    return Cost(shown.cpu_s, shown.memory_peak_mib, shown.memory_timeline or ())


def _called(called: CallCount | Victim) -> dict[str, Any]:
    return {
        "label": called.label,
        "requests": called.requests,
        "failed": called.failed,
        "histogram": called.latency.encode(),
    }


def _victim(shown: TrialDocument) -> Victim | None:
    if shown.victim is None or shown.victim_ms is None:
        return None
    latency = decoded(shown.victim.histogram, shown.victim_ms)
    victim = shown.victim
    return Victim(victim.label, victim.requests, victim.failed, latency, victim.resent)


def _spans(shown: TrialDocument) -> dict[str, Histogram] | None:
    if shown.span_histograms is None:
        return None
    exact = shown.spans_ms or {}
    return {name: decoded(text, exact.get(name, LatencySummary())) for name, text in shown.span_histograms.items()}


def _optional(text: str | None, exact_ms: LatencySummary | None) -> Histogram | None:
    return None if text is None else decoded(text, exact_ms or LatencySummary())
