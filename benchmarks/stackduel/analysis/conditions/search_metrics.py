"""The metrics of a search for its conditions: the results of its mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.analysis.conditions.metrics import ERRORS, Dimension, MetricKind, MetricValue, Missing
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.estimates import Median
from stackduel.model.findings import Finding
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_results.ablation import Ablation
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving, Noticing
from stackduel.model.search_results.scaling import Scaling
from stackduel.model.search_results.slow_readers import HeldBack
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.sustained import Sustained
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.tune_settings import TuneSettings

ValueOrMissing = MetricValue | Missing
Reader = Callable[[Any, Dimension], ValueOrMissing]


def _errors(result: Soak, dimension: Dimension) -> ValueOrMissing:
    if dimension == "share":
        return _known(result.failed / result.requests if result.requests else None, "no request was sent")
    return MetricValue(result.failed)


def _capacity(result: Capacity | StreamsHeld, kind: type) -> ValueOrMissing:
    """Return the load that was confirmed, if the search was for this kind of it: a rate, or a number of streams."""
    if not isinstance(result, kind):
        return Missing("the search was for a number of streams" if kind is Capacity else "the search was for a rate")
    confirmed, above = result.confirmed, result.above
    return _between(
        None if confirmed is None else confirmed.level, None if above is None else above.level, "none was confirmed"
    )


FEW_EVENTS = "too few events, or no timetable"
NOBODY_SAYS = "the stack does not say when, or nobody left an open stream"
COUNT = MetricKind(("count",), bounded=False)

# By mode: the metrics, and how each is read from the result.
OF_A_SEARCH: Mapping[str, Mapping[str, tuple[MetricKind, Reader]]] = {
    "capacity": {
        "capacity": (MetricKind(("rate",)), lambda result, _: _capacity(result, Capacity)),
        "streams": (MetricKind(("count",)), lambda result, _: _capacity(result, StreamsHeld)),
        # Only a capacity in requests a second has these.
        "replicas": (
            MetricKind(("count",), bounded=False),
            lambda result, _: _known(getattr(result, "replicas", None), "no demand was given, or no rate confirmed"),
        ),
        "cost": (
            MetricKind(("count",), bounded=False),
            lambda result, _: _known(getattr(result, "cost", None), "no cost was given, or no rate confirmed"),
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
    AblationSettings.mode: {
        "speedup": (MetricKind(("ratio",), candidates=True), lambda result, _: _whole(result)),
    },
    TuneSettings.mode: {
        "gain": (MetricKind(("ratio",)), lambda result, _: _gain(result)),
    },
    ScalingSettings.mode: {
        "rate": (MetricKind(("rate",)), lambda result, _: _most(result)),
        "speedup": (MetricKind(("ratio",)), lambda result, _: _over_one_core(result)),
        "efficiency": (MetricKind(("ratio", "share"), bounded=False), lambda result, _: _efficiency(result)),
    },
    ProfileSettings.mode: {
        "samples": (COUNT, lambda result, _: MetricValue(result.samples)),
    },
    "shutdown": {
        "lost": (COUNT, lambda result, _: MetricValue(result.losses.lost)),
        "refused": (COUNT, lambda result, _: MetricValue(result.losses.refused)),
        "killed": (COUNT, lambda result, _: MetricValue(result.killed)),
        "ended": (MetricKind(("time",)), lambda result, _: _in_ms(result.ended_s)),
    },
    "recycling": {
        "lost": (COUNT, lambda result, _: MetricValue(result.losses.lost)),
        "refused": (COUNT, lambda result, _: MetricValue(result.losses.refused)),
    },
    "leaving": {
        "noticed": (MetricKind(("time",), bounded=False), lambda result, _: _worst(result.handler)),
        "cancelled": (MetricKind(("time",), bounded=False), lambda result, _: _worst(result.upstream)),
        "unnoticed": (COUNT, lambda result, _: _never(result.handler)),
        "uncancelled": (COUNT, lambda result, _: _never(result.upstream)),
        "kept": (MetricKind(("memory",), bounded=False), lambda result, _: _kept(result)),
        "cut": (COUNT, lambda result, _: MetricValue(result.cut)),
    },
    "slow-readers": {
        "p99": (MetricKind(("time",), bounded=False), lambda result, _: _known(result.others_p99_ms, FEW_EVENTS)),
        "harm": (MetricKind(("ratio",), bounded=False), lambda result, _: _known(result.delay_ratio, FEW_EVENTS)),
        "memory": (
            MetricKind(("memory",), bounded=False),
            lambda result, _: _known(result.mib_per_stream, "memory is unknown, or nothing was read slowly"),
        ),
        "unheld": (COUNT, lambda result, _: _unheld(result.handler)),
        "unheld_upstream": (COUNT, lambda result, _: _unheld(result.upstream)),
        "cut": (COUNT, lambda result, _: MetricValue(result.cut)),
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
            (each.found for each in self.run.findings if (_subject(each), each.scenario) == (stack, scenario)), None
        )
        if result is None:
            return Missing("the search did not finish")
        return OF_A_SEARCH[self.run.suite.search.mode][name][1](result, dimension)


def _subject(finding: Finding) -> str:
    """Return the stack that a result is of: of a scaling the stack itself, not its arm on one core."""
    return finding.found.scaled if isinstance(finding.found, Scaling) else finding.stack


def kinds_of(mode: str) -> Mapping[str, MetricKind]:
    """Return the metrics of a search in this mode."""
    return {name: kind for name, (kind, _) in OF_A_SEARCH[mode].items()}


def _known(value: float | None, missing: str) -> ValueOrMissing:
    return Missing(missing) if value is None else MetricValue(value)


def _between(low: float | None, high: float | None, missing: str) -> ValueOrMissing:
    """Return a value between two rates; without a higher rate its interval has no upper end."""
    return Missing(missing) if low is None else MetricValue(low, low, math.inf if high is None else high)


def _held(result: BreakingPoint) -> ValueOrMissing:
    return _between(result.held_rps, result.broken_rps, "the first rate already broke it")


def _sustained(result: Sustained, read: Callable[[Any], MetricValue]) -> ValueOrMissing:
    return Missing("no number of connections was measured") if result.best is None else read(result.best)


def _median(result: Median) -> ValueOrMissing:
    return MetricValue(result.value, result.low, result.high)


def _cpu(result: ColdStart) -> ValueOrMissing:
    """Return the CPU time in milliseconds, as all times of conditions."""
    return Missing("unknown: the stack runs elsewhere") if result.cpu_s is None else _in_ms(result.cpu_s)


def _in_ms(seconds: Median) -> ValueOrMissing:
    low, high = (None if each is None else 1000 * each for each in (seconds.low, seconds.high))
    return MetricValue(1000 * seconds.value, low, high)


def _speedup(result: ColdStart) -> ValueOrMissing:
    speedup = result.speedup
    return (
        Missing("the baseline was not launched beside it")
        if speedup is None
        else MetricValue(speedup.ratio, speedup.low, speedup.high)
    )


def _worst(noticing: Noticing | None) -> ValueOrMissing:
    """Return the longest time until a client that left was noticed; without end where one never was."""
    if noticing is None:
        return Missing(NOBODY_SAYS)
    return MetricValue(math.inf) if noticing.never else _known(noticing.worst_ms, NOBODY_SAYS)


def _never(noticing: Noticing | None) -> ValueOrMissing:
    return Missing(NOBODY_SAYS) if noticing is None else MetricValue(noticing.never)


def _unheld(side: HeldBack | None) -> ValueOrMissing:
    return (
        Missing("the stack does not say it, or nothing was read slowly") if side is None else MetricValue(side.unheld)
    )


def _kept(result: Leaving) -> ValueOrMissing:
    return _known(None if result.memory is None else result.memory.kept_mib, "memory is unknown")


def _whole(result: Ablation) -> ValueOrMissing:
    rate = next((each for each in result.whole if each.measure == "throughput"), None)
    return Missing("too few blocks") if rate is None else MetricValue(rate.ratio, rate.low, rate.high)


def _growth(result: Soak) -> ValueOrMissing:
    slope = result.slope
    return Missing("too short for a slope") if slope is None else MetricValue(slope.value, slope.low, slope.high)


def _gain(result: Tuned) -> ValueOrMissing:
    """Return what the recommended change gains; 1 where the current command is to stay."""
    best = result.of(result.recommended) if result.recommended else None
    if best is None:
        return MetricValue(1.0) if result.confirmed else Missing("nothing was confirmed")
    if best.gain is None or best.size is not None:
        return Missing("the size of the gain is uncertain")
    return MetricValue(best.gain, best.low, best.high)


def _most(result: Scaling) -> ValueOrMissing:
    """Return the rate on the most cores."""
    last = result.points[-1]
    return MetricValue(last.rate_rps, last.low_rps, last.high_rps)


def _over_one_core(result: Scaling) -> ValueOrMissing:
    last = result.points[-1]
    if last.speedup is None:
        return Missing("one core was not measured in the same blocks")
    return MetricValue(last.speedup, last.low, last.high)


def _efficiency(result: Scaling) -> ValueOrMissing:
    return _known(result.points[-1].efficiency, "one core was not measured in the same blocks")
