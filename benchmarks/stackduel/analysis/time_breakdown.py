"""Where the time of a request goes: outside of the service, in its queue, its code, its model.

What a stack's own answers tell in ``Server-Timing``, or, where there is none, what a Triton counts itself. Means add up
to the end-to-end time; percentiles do not, and stand beside them for what they are.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stackduel.model.histogram import Histogram, summarise
from stackduel.model.isolated import IsolatedMeasurement, IsolatedResult
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.trial import Inside, Result, Trial, counting_trials, trials_by_place

BreakdownSource = Literal["Server-Timing", "Triton's statistics"]
END_TO_END, OUTSIDE, TOTAL, INFER, QUEUE = "end to end", "outside", "total", "infer", "queue"
PARTS = (OUTSIDE, QUEUE, "app", "pre", INFER, "post", "io")
MEANINGS: Mapping[str, str] = {
    OUTSIDE: "waiting for the handler to begin, sending and reading",
    QUEUE: "waiting in the service's own queue for the model",
    "app": "the framework's and the handler's code",
    "pre": "reading and decoding the input",
    INFER: "the model",
    "post": "turning the outputs into an answer",
    "io": "the downstream",
}
# From here on more of the time than alone is worth a word: cores are shared, or threads too many.
SLOWER_THAN_ALONE = 1.25
MOST = 0.5


@dataclass(frozen=True, slots=True)
class BreakdownPart:
    """A part of a request's time in milliseconds; the p99 is None where it is unknown or has too few requests."""

    name: str
    mean_ms: float
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A stack in a scenario: ``parts`` whose means add up to the end-to-end mean, and a sentence on them."""

    scenario: str
    stack: str
    source: BreakdownSource
    end_to_end: BreakdownPart
    parts: tuple[BreakdownPart, ...]
    sentence: str

    def part(self, name: str) -> BreakdownPart | None:
        """The part of that name; None where the stack has none."""
        return next((part for part in self.parts if part.name == name), None)


def breakdowns(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    isolated: Sequence[IsolatedResult],
    stacks: Mapping[str, int | None],
) -> tuple[Breakdown, ...]:
    """Return the breakdown of every stack that reports its times, in every scenario.

    ``stacks`` are their names, with how many requests each may run the model with at once, None where that is one.
    """
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.latency.count)
    return tuple(
        made
        for scenario in scenarios
        for stack, batch_size in stacks.items()
        if (found := trials.get((scenario.name, stack)))
        and (made := _breakdown(scenario, stack, found, isolated, batch_size))
    )


def _breakdown(
    scenario: Scenario, stack: str, trials: Sequence[Trial], isolated: Sequence[IsolatedResult], batch_size: int | None
) -> Breakdown | None:
    latency = Histogram.sum(trial.measurement.latency for trial in trials)
    whole = _part(END_TO_END, latency, latency.count)
    told = _spans(trials)
    inside = [trial.inside for trial in trials if trial.inside]
    if TOTAL in told:
        source: BreakdownSource = "Server-Timing"
        parts = tuple(_part(name, told[name], told[TOTAL].count) for name in PARTS if name in told)
    elif inside:
        source = "Triton's statistics"
        parts = tuple(_counted(inside, whole.mean_ms))
    else:
        return None
    alone = [each for each in isolated if isinstance(each, IsolatedMeasurement) and each.model == _model(scenario)]
    sentence = " ".join(_sentences(scenario, whole, parts, trials, alone, batch_size))
    return Breakdown(scenario.name, stack, source, whole, parts, sentence)


def _part(name: str, histogram: Histogram, answers: int) -> BreakdownPart:
    """The mean over all ``answers``, those of a mix that have no such part among them; the p99 of those that have."""
    return BreakdownPart(name, histogram.total_ns / answers / 1e6, summarise(histogram).p99)


def _spans(trials: Sequence[Trial]) -> Mapping[str, Histogram]:
    merged: dict[str, Histogram] = {}
    for trial in trials:
        for name, span in (trial.measurement.spans or {}).items():
            merged[name] = merged.get(name, Histogram.empty()) + span
    return {name: span for name, span in merged.items() if span.count}


def _counted(inside: Sequence[Inside], whole_ms: float) -> Iterator[BreakdownPart]:
    """Yield the parts that Triton counted per request; the rest of the whole is outside of it."""
    requests = sum(each.requests for each in inside)
    means = {
        name: math.fsum(each.requests * each.spans_ms[name] for each in inside if name in each.spans_ms) / requests
        for name in PARTS
        if any(name in each.spans_ms for each in inside)
    }
    for name in PARTS:
        if name == OUTSIDE:
            yield BreakdownPart(name, max(0.0, whole_ms - math.fsum(means.values())), None)
        elif name in means:
            yield BreakdownPart(name, means[name], None)


def _model(scenario: Scenario) -> str | None:
    return scenario.workloads[0].model if len(scenario.workloads) == 1 else None


def _sentences(
    scenario: Scenario,
    whole: BreakdownPart,
    parts: Sequence[BreakdownPart],
    trials: Sequence[Trial],
    alone: Sequence[IsolatedMeasurement],
    batch_size: int | None,
) -> Iterator[str]:
    """Yield where the time goes: the model's part, the largest other part, and the part that no stack could save."""
    infer_ms = next((part.mean_ms for part in parts if part.name == INFER), 0.0)
    others = [part for part in parts if part.name != INFER]
    rest_ms = math.fsum(part.mean_ms for part in others)
    model = f"the model takes {_ms(infer_ms)} ({_share(infer_ms, whole.mean_ms)})"
    if not others or rest_ms <= 0:
        yield f"Of {_ms(whole.mean_ms)} in the mean, {model}."
        return
    greatest = max(others, key=lambda part: part.mean_ms)
    part = "most of the rest" if greatest.mean_ms >= MOST * rest_ms else "of the rest the greatest part"
    yield (
        f"Of {_ms(whole.mean_ms)} in the mean, {model}; {part}, {_ms(greatest.mean_ms)}, is "
        f"{MEANINGS[greatest.name]} ({greatest.name})."
    )
    yield from _of_ceiling(scenario, whole, trials, alone)
    alone_ms = _alone_ms(alone)
    if alone_ms and infer_ms > SLOWER_THAN_ALONE * alone_ms:
        shared = f", shared by up to {batch_size} requests" if batch_size and batch_size > 1 else ""
        yield (
            f"A run of the model takes {infer_ms / alone_ms:.1f} times as long under this load as alone "
            f"({_ms(alone_ms)}){shared}."
        )


def _of_ceiling(
    scenario: Scenario, whole: BreakdownPart, trials: Sequence[Trial], alone: Sequence[IsolatedMeasurement]
) -> Iterator[str]:
    """Yield the least wait for the model at any server, by Little's law from its rate and the requests in flight."""
    load = scenario.load
    if not isinstance(load, ClosedLoop) or not alone:
        return
    ceiling_rps = statistics.geometric_mean(each.rate_rps for each in alone)
    in_flight = statistics.fmean(trial.measurement.in_flight_mean for trial in trials)
    least_ms = 1000 * min(in_flight, load.connections) / ceiling_rps
    # Fewer requests than the model can work on at once wait for nobody.
    if load.connections <= max(each.pool for each in alone):
        return
    own_ms = max(0.0, whole.mean_ms - least_ms)
    yield (
        f"Alone the model does {ceiling_rps:,.0f} a second, so {in_flight:.0f} requests at once take "
        f"{_ms(least_ms)} at any server on these cores, whatever it is written in; {_ms(own_ms)} "
        f"({_share(own_ms, whole.mean_ms)}) are this stack's own."
    )


def _alone_ms(alone: Sequence[IsolatedMeasurement]) -> float | None:
    if not alone:
        return None
    return Histogram.sum(each.infer for each in alone).mean_ns / 1e6


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 99.5 else f"{value:.1f} ms" if value >= 0.95 else f"{value:.2f} ms"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
