"""Service levels that a scenario promises: bounds of its latencies, of where they go, and of its errors.

``sla = { p99_ms = 100, infer_p99_ms = 10, errors = 0.01 }`` in a scenario. Whether a stack keeps them is told over all
of its blocks together; a percentile of too few requests is not told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackduel.analysis.slo import MEAN, Bound
from stackduel.model.histogram import Histogram
from stackduel.model.service_level import ERRORS, ServiceLevelResult
from stackduel.model.suite import Scenario, ServiceLevel
from stackduel.model.trial import Result, Trial, trials_by_place

TOO_FEW = "not enough requests"
NOT_TOLD = "its answers do not tell"
# What an answer's Server-Timing tells, the service's whole time, and what of the latency lay outside of that.
SPANS = ("app", "io", "pre", "queue", "infer", "post", "total", "outside")
FIGURES = ("p50", "p90", "p95", "p99", MEAN)


def slas(
    results: Iterable[Result], scenarios: Sequence[Scenario], stacks: Iterable[str]
) -> tuple[ServiceLevelResult, ...]:
    """What became of each scenario's promises on each stack that was measured there, over all blocks together."""
    trials = trials_by_place(results)
    names = tuple(stacks)
    return tuple(
        _kept(scenario.name, stack, promise, found)
        for scenario in scenarios
        for stack in names
        if (found := trials.get((scenario.name, stack)))
        for promise in scenario.sla
    )


def _kept(scenario: str, stack: str, promise: ServiceLevel, trials: Sequence[Trial]) -> ServiceLevelResult:
    if promise.name == ERRORS:
        share = _failed(trials)
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, share, share <= promise.bound)
    span, _, figure = promise.name.removesuffix("_ms").rpartition("_")
    merged = Histogram.sum(_histograms(span, trials))
    measured = Bound(figure, promise.bound).of(merged)
    if measured is None:
        reason = TOO_FEW if merged.count or not span else NOT_TOLD
        return ServiceLevelResult(scenario, stack, promise.name, promise.bound, None, None, reason)
    return ServiceLevelResult(scenario, stack, promise.name, promise.bound, measured, measured <= promise.bound)


def _failed(trials: Sequence[Trial]) -> float:
    return sum(each.measurement.failed for each in trials) / sum(each.measurement.requests for each in trials)


def _histograms(span: str, trials: Sequence[Trial]) -> Iterable[Histogram]:
    for trial in trials:
        if not span:
            yield trial.measurement.latency
        elif trial.measurement.spans and span in trial.measurement.spans:
            yield trial.measurement.spans[span]


def in_words(sla: ServiceLevelResult) -> str:
    """A promise and what became of it: ``p99 <= 100 ms: 80.4 ms, kept``."""
    bound = f"{100 * sla.bound:g} %" if sla.is_share else f"{sla.bound:g} ms"
    name = sla.name.removesuffix("_ms").replace("_", " ")
    if sla.measured is None:
        return f"{name} <= {bound}: {sla.reason}"
    measured = f"{100 * sla.measured:.3g} %" if sla.is_share else f"{sla.measured:,.4g} ms"
    return f"{name} <= {bound}: {measured}, {'kept' if sla.ok else 'broken'}"
