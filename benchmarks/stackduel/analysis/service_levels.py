"""Service levels that a scenario promises: bounds on latencies, on parts of latencies, rates, memory and errors.

A scenario states them as ``sla = { p99_ms = 100, infer_p99_ms = 10, errors = 0.01 }``. The check covers all blocks of a
stack together. A percentile of too few requests has no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from stackduel.analysis.failure_shares import share_failed
from stackduel.analysis.memory_growth import memory_growth
from stackduel.analysis.slo import MEAN, Bound
from stackduel.model.histogram import Histogram
from stackduel.model.service_level import ERRORS, GROWTH, RATE, LevelUnit, ServiceLevelResult
from stackduel.model.stream_bounds import TPOT, TTFT
from stackduel.model.suite import Scenario, ServiceLevel
from stackduel.model.trial import Result, Trial, trials_by_place

TOO_FEW = "not enough requests"
NOT_REPORTED = "not reported"
ELSEWHERE = "not measured: it runs elsewhere"
# The parts in an answer's Server-Timing, the service's total, and the latency outside the service.
SPANS = ("app", "io", "pre", "queue", "infer", "post", "total", "outside")
# The times of event streams, and what each of them is in their figures.
OF_STREAMS = {TTFT: "ttft", TPOT: "per_event"}
FIGURES = ("p50", "p90", "p95", "p99", MEAN)


def slas(
    results: Iterable[Result], scenarios: Sequence[Scenario], stacks: Iterable[str]
) -> tuple[ServiceLevelResult, ...]:
    """Return whether each measured stack keeps each scenario's promises, over all blocks together."""
    trials = trials_by_place(results)
    names = tuple(stacks)
    return tuple(
        _result(scenario.name, stack, promise, own_trials)
        for scenario in scenarios
        for stack in names
        if (own_trials := trials.get((scenario.name, stack)))
        for promise in scenario.sla
    )


def _result(scenario: str, stack: str, promise: ServiceLevel, trials: Sequence[Trial]) -> ServiceLevelResult:
    if promise.name == ERRORS:
        share = share_failed(trials)
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, share, share <= promise.bound)
    if promise.name == RATE:
        rate = median(each.rate_rps for each in trials)
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, rate, rate >= promise.bound)
    if promise.name == GROWTH:
        return _growth(scenario, stack, promise, trials)
    span, _, figure = promise.name.removesuffix("_ms").rpartition("_")
    merged = Histogram.sum(_histograms(span, trials))
    measured = Bound(figure, promise.bound).of(merged)
    if measured is None:
        reason = TOO_FEW if merged.count or not span else NOT_REPORTED
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, None, None, reason)
    return ServiceLevelResult(scenario, stack, promise.name, promise.bound, measured, measured <= promise.bound)


def _growth(scenario: str, stack: str, promise: ServiceLevel, trials: Sequence[Trial]) -> ServiceLevelResult:
    growth = memory_growth(trials)
    if growth is None:
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, None, None, ELSEWHERE)
    kept = growth.grown_mib <= promise.bound
    return ServiceLevelResult(scenario, stack, promise.name, promise.bound, growth.grown_mib, kept)


def _histograms(span: str, trials: Sequence[Trial]) -> Iterable[Histogram]:
    for trial in trials:
        if not span:
            yield trial.measurement.latency
        elif span in OF_STREAMS:
            if trial.measurement.streams is not None:
                yield getattr(trial.measurement.streams, OF_STREAMS[span])
        elif trial.measurement.spans and span in trial.measurement.spans:
            yield trial.measurement.spans[span]


def level_text(name: str, bound: float) -> str:
    """Return a bound as tables and sentences name it: ``p99 <= 100 ms``, ``rate >= 10 req/s``."""
    if name == ERRORS:
        return f"errors <= {100 * bound:g} %"
    if name == RATE:
        return f"rate >= {bound:g} req/s"
    if name == GROWTH:
        return f"memory growth <= {bound:g} MiB"
    return f"{name.removesuffix('_ms').replace('_', ' ')} <= {bound:g} ms"


def in_words(sla: ServiceLevelResult) -> str:
    """Return a promise and its result as text: ``p99 <= 100 ms: 80.4 ms, kept``."""
    return result_text(sla) if sla.ok is None else f"{result_text(sla)}, {'kept' if sla.ok else 'broken'}"


def result_text(sla: ServiceLevelResult) -> str:
    """Return a promise and what was measured: ``p99 <= 100 ms: 80.4 ms``."""
    level = level_text(sla.name, sla.bound)
    return f"{level}: {sla.reason if sla.measured is None else _measured_text(sla.measured, sla.unit)}"


def _measured_text(measured: float, unit: LevelUnit) -> str:
    match unit:
        case "share":
            return f"{100 * measured:.3g} %"
        case "rps":
            return f"{measured:,.4g} req/s"
        case "mib":
            return f"{measured:.3g} MiB"
        case _:
            return f"{measured:,.4g} ms"
