"""Service levels that a scenario promises: bounds on latencies, on parts of latencies and on errors.

A scenario states them as ``sla = { p99_ms = 100, infer_p99_ms = 10, errors = 0.01 }``. The check covers all blocks of a
stack together. A percentile of too few requests has no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackduel.analysis.slo import MEAN, Bound
from stackduel.model.histogram import Histogram
from stackduel.model.service_level import ERRORS, ServiceLevelResult
from stackduel.model.suite import Scenario, ServiceLevel
from stackduel.model.trial import Result, Trial, trials_by_place

TOO_FEW = "not enough requests"
NOT_REPORTED = "not reported"
# The parts in an answer's Server-Timing, the service's total, and the latency outside the service.
SPANS = ("app", "io", "pre", "queue", "infer", "post", "total", "outside")
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
        share = _share_failed(trials)
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, share, share <= promise.bound)
    span, _, figure = promise.name.removesuffix("_ms").rpartition("_")
    merged = Histogram.sum(_histograms(span, trials))
    measured = Bound(figure, promise.bound).of(merged)
    if measured is None:
        reason = TOO_FEW if merged.count or not span else NOT_REPORTED
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, None, None, reason)
    return ServiceLevelResult(scenario, stack, promise.name, promise.bound, measured, measured <= promise.bound)


def _share_failed(trials: Sequence[Trial]) -> float:
    return sum(each.measurement.failed for each in trials) / sum(each.measurement.requests for each in trials)


def _histograms(span: str, trials: Sequence[Trial]) -> Iterable[Histogram]:
    for trial in trials:
        if not span:
            yield trial.measurement.latency
        elif trial.measurement.spans and span in trial.measurement.spans:
            yield trial.measurement.spans[span]


def in_words(sla: ServiceLevelResult) -> str:
    """Return a promise and its result as text: ``p99 <= 100 ms: 80.4 ms, kept``."""
    bound = f"{100 * sla.bound:g} %" if sla.is_share else f"{sla.bound:g} ms"
    name = sla.name.removesuffix("_ms").replace("_", " ")
    if sla.measured is None:
        return f"{name} <= {bound}: {sla.reason}"
    measured = f"{100 * sla.measured:.3g} %" if sla.is_share else f"{sla.measured:,.4g} ms"
    return f"{name} <= {bound}: {measured}, {'kept' if sla.ok else 'broken'}"
