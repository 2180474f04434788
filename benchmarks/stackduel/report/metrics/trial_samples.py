"""The numbers of a trial as samples of Prometheus, all at the moment at which it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackduel.model.run import Run
from stackduel.model.trial import Result, Trial
from stackduel.model.visible_text import visible
from stackduel.storage.run_document import redaction_of

MIB = 1024 * 1024
QUANTILES = (0.5, 0.95, 0.99)
# Every metric with what it is; all are gauges in the base units of Prometheus.
METRICS: Mapping[str, str] = {
    "stackduel_trial_end_timestamp_seconds": "When the trial ended.",
    "stackduel_trial_duration_seconds": "How long the trial measured.",
    "stackduel_trial_rate_rps": "Requests answered rightly in each second.",
    "stackduel_trial_requests": "Requests of the trial.",
    "stackduel_trial_failed_requests": "Requests that failed.",
    "stackduel_trial_latency_seconds": "Time of a request that was answered rightly.",
    "stackduel_trial_cpu_seconds": "CPU time of the stack.",
    "stackduel_trial_memory_peak_bytes": "The most memory of the stack.",
}


@dataclass(frozen=True, slots=True)
class MetricSample:
    """One value of a metric at a moment, in seconds since 1970."""

    name: str
    labels: Mapping[str, str]
    value: float
    at_s: float


def samples_of(run: Run, result: Result, ended_s: float) -> tuple[MetricSample, ...]:
    """Return the samples of a trial, void ones included; of one that failed to measure only when that was.

    Its labels name the run, the suite and the trial's place; ``state`` is as it was judged when it ended. No secret of
    the run's is in them.
    """
    hidden, place = redaction_of(run), result.place
    texts = {"run": run.run_id, "suite": run.suite.name, "stack": place.stack, "scenario": place.scenario}
    labels = {name: visible(hidden.text(text)) for name, text in texts.items()}
    labels |= {"block": str(place.block), "attempt": str(place.attempt), "state": result.state}
    return tuple(
        MetricSample(f"stackduel_trial_{name}", {**labels, **more}, value, ended_s)
        for name, more, value in _values(result, ended_s)
    )


def _values(result: Result, ended_s: float) -> Iterator[tuple[str, Mapping[str, str], float]]:
    yield "end_timestamp_seconds", {}, ended_s
    if not isinstance(result, Trial):
        return
    measured = result.measurement
    yield "duration_seconds", {}, measured.duration_s
    yield "rate_rps", {}, result.rate_rps
    yield "requests", {}, measured.requests
    yield "failed_requests", {}, measured.failed
    if measured.latency.count:
        for quantile in QUANTILES:
            yield "latency_seconds", {"quantile": f"{quantile:g}"}, measured.latency.quantile_ns(quantile) / 1e9
    if result.cost is not None:
        yield "cpu_seconds", {}, result.cost.cpu_s
        yield "memory_peak_bytes", {}, result.cost.memory_peak_mib * MIB
