"""The metrics of a search for its conditions: the results of its mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.analysis.conditions.metrics import ERRORS, Dimension, MetricKind, MetricValue, Missing
from stackduel.model.estimates import Median
from stackduel.model.run import Run
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.sustained import Sustained

ValueOrMissing = MetricValue | Missing
Reader = Callable[[Any, Dimension], ValueOrMissing]


def _errors(result: Soak, dimension: Dimension) -> ValueOrMissing:
    if dimension == "share":
        return _known(result.failed / result.requests if result.requests else None, "no request was sent")
    return MetricValue(result.failed)


# By mode: the metrics, and how each is read from the result.
OF_A_SEARCH: Mapping[str, Mapping[str, tuple[MetricKind, Reader]]] = {
    "capacity": {
        "capacity": (MetricKind(("rate",)), lambda result, _: _capacity(result)),
        "replicas": (
            MetricKind(("count",), bounded=False),
            lambda result, _: _known(result.replicas, "no demand was given, or no rate confirmed"),
        ),
        "cost": (
            MetricKind(("count",), bounded=False),
            lambda result, _: _known(result.cost, "no cost was given, or no rate confirmed"),
        ),
    },
    "sustained": {
        "connections": (
            MetricKind(("count",), bounded=False),
            lambda result, _: _sustained(result, lambda best: MetricValue(best.connections)),
        ),
        "rate": (
            MetricKind(("rate",)),
            lambda result, _: _sustained(result, lambda best: MetricValue(best.rate_rps, best.low_rps, best.high_rps)),
        ),
    },
    "breaking-point": {
        "held": (MetricKind(("rate",)), lambda result, _: _held(result)),
    },
    "cold-start": {
        "launch": (MetricKind(("time",)), lambda result, _: _median(result.launch_ms)),
        "first": (MetricKind(("time",)), lambda result, _: _median(result.first_ms)),
        "warm": (MetricKind(("time",)), lambda result, _: _median(result.warm_ms)),
        "cpu": (MetricKind(("time",)), lambda result, _: _cpu(result)),
        "speedup": (MetricKind(("ratio",), candidates=True), lambda result, _: _speedup(result)),
    },
    "soak": {
        "growth": (MetricKind(("memory",)), lambda result, _: _growth(result)),
        "memory": (
            MetricKind(("memory",), bounded=False),
            lambda result, _: _known(result.memory_mib, "memory is unknown"),
        ),
        "rate": (
            MetricKind(("rate",), bounded=False),
            lambda result, _: _known(result.last.rate_rps, "the last third was not measured"),
        ),
        "p99": (
            MetricKind(("time",), bounded=False),
            lambda result, _: _known(result.last.p99_ms, "too few correct answers in the last third"),
        ),
        "errors": (ERRORS, _errors),
    },
}


@dataclass(frozen=True, slots=True)
class SearchMetrics:
    """The results of the searches of one run."""

    run: Run

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> ValueOrMissing:
        """Return a metric of the search on a stack that began with the scenario's load."""
        if self.run.suite.search is None:
            raise ValueError(f"run {self.run.run_id} is no search")
        result = next(
            (each.found for each in self.run.findings if (each.stack, each.scenario) == (stack, scenario)), None
        )
        if result is None:
            return Missing("the search did not finish")
        return OF_A_SEARCH[self.run.suite.search.mode][name][1](result, dimension)


def kinds_of(mode: str) -> Mapping[str, MetricKind]:
    """Return the metrics of a search in this mode."""
    return {name: kind for name, (kind, _) in OF_A_SEARCH[mode].items()}


def _known(value: float | None, missing: str) -> ValueOrMissing:
    return Missing(missing) if value is None else MetricValue(value)


def _between(low: float | None, high: float | None, missing: str) -> ValueOrMissing:
    """Return a value between two rates; without a higher rate its interval has no upper end."""
    return Missing(missing) if low is None else MetricValue(low, low, math.inf if high is None else high)


def _capacity(result: Capacity) -> ValueOrMissing:
    above = result.above.rate_rps if result.above else None
    return _between(result.confirmed.rate_rps if result.confirmed else None, above, "no rate was confirmed")


def _held(result: BreakingPoint) -> ValueOrMissing:
    return _between(result.held_rps, result.broken_rps, "the first rate already broke it")


def _sustained(result: Sustained, read: Callable[[Any], MetricValue]) -> ValueOrMissing:
    return Missing("no number of connections was measured") if result.best is None else read(result.best)


def _median(result: Median) -> ValueOrMissing:
    return MetricValue(result.value, result.low, result.high)


def _cpu(result: ColdStart) -> ValueOrMissing:
    """Return the CPU time in milliseconds, as all times of conditions."""
    spent = result.cpu_s
    if spent is None:
        return Missing("unknown: the stack runs elsewhere")
    low, high = (None if each is None else 1000 * each for each in (spent.low, spent.high))
    return MetricValue(1000 * spent.value, low, high)


def _speedup(result: ColdStart) -> ValueOrMissing:
    speedup = result.speedup
    return (
        Missing("the baseline was not launched beside it")
        if speedup is None
        else MetricValue(speedup.ratio, speedup.low, speedup.high)
    )


def _growth(result: Soak) -> ValueOrMissing:
    slope = result.slope
    return Missing("too short for a slope") if slope is None else MetricValue(slope.value, slope.low, slope.high)
