"""The figures of a search, as conditions ask for them: those that its mode finds (pure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.analysis.conditions.metrics import Dimension, MetricKind, MetricValue, Missing
from stackduel.model.findings import BreakingPoint, Capacity, ColdStart, Median, Soak, Sustained
from stackduel.model.run import Run

ValueOrMissing = MetricValue | Missing
Reader = Callable[[Any, Dimension], ValueOrMissing]


def _errors(found: Soak, dimension: Dimension) -> ValueOrMissing:
    if dimension == "share":
        return _known(found.failed / found.requests if found.requests else None, "nothing was asked")
    return MetricValue(found.failed)


_MEDIAN = "the median of its launches, with their interval"
# By mode, what may be asked, and how it is read from what was found.
OF_A_SEARCH: Mapping[str, Mapping[str, tuple[MetricKind, Reader]]] = {
    "capacity": {
        "capacity": (
            MetricKind(
                ("rate",), "the highest rate that was confirmed; its interval ends at the one above, which was not"
            ),
            lambda found, _: _capacity(found),
        ),
        "replicas": (
            MetricKind(("count",), "how many carry the demand", bounded=False),
            lambda found, _: _known(found.replicas, "no demand was told, or no rate confirmed"),
        ),
        "cost": (
            MetricKind(("count",), "of all replicas, in the unit of --cost-per-replica", bounded=False),
            lambda found, _: _known(found.cost, "no cost was told, or no rate confirmed"),
        ),
    },
    "sustained": {
        "connections": (
            MetricKind(("count",), "the best number of connections", bounded=False),
            lambda found, _: _sustained(found, lambda best: MetricValue(best.connections)),
        ),
        "rate": (
            MetricKind(("rate",), "right answers a second at the best number, with its interval"),
            lambda found, _: _sustained(found, lambda best: MetricValue(best.rate_rps, best.low_rps, best.high_rps)),
        ),
    },
    "breaking-point": {
        "held": (
            MetricKind(("rate",), "the highest rate that was held; its interval ends at the one that broke it"),
            lambda found, _: _held(found),
        ),
    },
    "cold-start": {
        "launch": (
            MetricKind(("time",), f"from the launch to the first answer: {_MEDIAN}"),
            lambda found, _: _median(found.launch_ms),
        ),
        "first": (MetricKind(("time",), f"the first request: {_MEDIAN}"), lambda found, _: _median(found.first_ms)),
        "warm": (MetricKind(("time",), f"later requests: {_MEDIAN}"), lambda found, _: _median(found.warm_ms)),
        "cpu": (MetricKind(("time",), f"server CPU time of the start: {_MEDIAN}"), lambda found, _: _cpu(found)),
        "speedup": (
            MetricKind(
                ("ratio",), "how many times as fast to start as the baseline, with its interval", candidates=True
            ),
            lambda found, _: _faster(found),
        ),
    },
    "soak": {
        "growth": (
            MetricKind(("memory",), "how much more memory it holds each hour, with the interval of the slope"),
            lambda found, _: _growth(found),
        ),
        "memory": (
            MetricKind(("memory",), "the memory it held in the end", bounded=False),
            lambda found, _: _known(found.memory_mib, "its memory is not known"),
        ),
        "rate": (
            MetricKind(("rate",), "right answers a second in the last third", bounded=False),
            lambda found, _: _known(found.last.rate_rps, "the last third was not measured"),
        ),
        "p99": (
            MetricKind(("time",), "the p99 of the last third", bounded=False),
            lambda found, _: _known(found.last.p99_ms, "too few right answers in the last third"),
        ),
        "errors": (
            MetricKind(("count", "share"), "requests that failed; beside a number in %, their share", bounded=False),
            _errors,
        ),
    },
}


@dataclass(frozen=True, slots=True)
class FoundFigures:
    """Knows what the searches of one run found."""

    run: Run

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> ValueOrMissing:
        """A figure of the search on a stack from a scenario's load on."""
        if self.run.suite.search is None:
            raise ValueError(f"run {self.run.run_id} searched for nothing")
        found = next(
            (each.found for each in self.run.findings if (each.stack, each.scenario) == (stack, scenario)), None
        )
        if found is None:
            return Missing("the search did not come to its end")
        return OF_A_SEARCH[self.run.suite.search.mode][name][1](found, dimension)


def kinds_of(mode: str) -> Mapping[str, MetricKind]:
    """The figures that may be asked of a search in this mode."""
    return {name: kind for name, (kind, _) in OF_A_SEARCH[mode].items()}


def _known(value: float | None, missing: str) -> ValueOrMissing:
    return Missing(missing) if value is None else MetricValue(value)


def _between(low: float | None, high: float | None, missing: str) -> ValueOrMissing:
    """What lies at or above one rate and below another one, or above the first with no end known."""
    return Missing(missing) if low is None else MetricValue(low, low, math.inf if high is None else high)


def _capacity(found: Capacity) -> ValueOrMissing:
    above = found.above.rate_rps if found.above else None
    return _between(found.confirmed.rate_rps if found.confirmed else None, above, "no rate was confirmed")


def _held(found: BreakingPoint) -> ValueOrMissing:
    return _between(found.held_rps, found.broken_rps, "the first rate broke it already")


def _sustained(found: Sustained, read: Callable[[Any], MetricValue]) -> ValueOrMissing:
    return Missing("no number of connections was measured") if found.best is None else read(found.best)


def _median(found: Median) -> ValueOrMissing:
    return MetricValue(found.value, found.low, found.high)


def _cpu(found: ColdStart) -> ValueOrMissing:
    """In milliseconds, as all times of conditions."""
    spent = found.cpu_s
    if spent is None:
        return Missing("not known of a stack that runs elsewhere")
    low, high = (None if each is None else 1000 * each for each in (spent.low, spent.high))
    return MetricValue(1000 * spent.value, low, high)


def _faster(found: ColdStart) -> ValueOrMissing:
    told = found.speedup
    return (
        Missing("the baseline was not launched beside it")
        if told is None
        else MetricValue(told.ratio, told.low, told.high)
    )


def _growth(found: Soak) -> ValueOrMissing:
    slope = found.slope
    return Missing("too short to tell") if slope is None else MetricValue(slope.value, slope.low, slope.high)
