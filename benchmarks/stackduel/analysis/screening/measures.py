"""The measures of a trial that an ablation compares, as logarithms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from stackduel.model.histogram import LatencySummary, summarise
from stackduel.model.search_results.ablation import Measure
from stackduel.model.trial import Trial

# Where more is better; of all other measures less is.
MORE_IS_BETTER = frozenset({"throughput"})


def measured(trial: Trial) -> dict[Measure, float]:
    """Return the logarithm of every measure that the trial has; a percentile takes enough requests."""
    if not trial.measurement.succeeded:
        return {}
    latency = summarise(trial.measurement.latency)
    values = {measure: read(trial, latency) for measure, read in _READ.items()}
    return {measure: math.log(value) for measure, value in values.items() if value is not None and value > 0}


_READ: Mapping[Measure, Callable[[Trial, LatencySummary], float | None]] = {
    "throughput": lambda trial, _: trial.rate_rps,
    "mean": lambda _, latency: latency.mean,
    "p50": lambda _, latency: latency.p50,
    "p95": lambda _, latency: latency.p95,
    "p99": lambda _, latency: latency.p99,
    "cpu": lambda trial, _: trial.cpu_ms_per_request,
    "memory": lambda trial, _: trial.cost.memory_peak_mib if trial.cost else None,
}
MEASURES: tuple[Measure, ...] = tuple(_READ)
