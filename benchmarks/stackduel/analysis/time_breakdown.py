"""The parts of a request's time: outside the service, in its queue, its code and its model.

The figures come from the ``Server-Timing`` of a stack's answers, or else from the statistics of a Triton server. Means
add up to the end-to-end time; percentiles do not.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stackduel.model.histogram import Histogram, percentile_ms
from stackduel.model.isolated import IsolatedMeasurement, IsolatedResult
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.trial import Inside, Result, Trial, counting_trials, trials_by_place

BreakdownSource = Literal["Server-Timing", "Triton's statistics"]
END_TO_END, OUTSIDE, TOTAL, INFER, QUEUE = "end to end", "outside", "total", "infer", "queue"
PARTS = (OUTSIDE, QUEUE, "app", "pre", INFER, "post", "io")
MEANINGS: Mapping[str, str] = {
    OUTSIDE: "waiting for the handler to start, sending and reading",
    QUEUE: "waiting in the service's own queue for the model",
    "app": "the framework's and the handler's code",
    "pre": "reading and decoding the input",
    INFER: "the model",
    "post": "turning the outputs into an answer",
    "io": "calls to the downstream",
}
# A run of the model that takes this many times as long as alone deserves a sentence: it shares cores or has too many
# threads.
SLOWER_THAN_ALONE = 1.25
# A part with at least this share of the rest is "most of the rest".
MOST = 0.5


@dataclass(frozen=True, slots=True)
class BreakdownPart:
    """A part of a request's time in milliseconds; the p99 is None if it is unknown or has too few requests."""

    name: str
    mean_ms: float
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The breakdown of a stack in a scenario: parts, whose means add up to the end-to-end mean, and a sentence."""

    scenario: str
    stack: str
    source: BreakdownSource
    end_to_end: BreakdownPart
    parts: tuple[BreakdownPart, ...]
    sentence: str

    def part(self, name: str) -> BreakdownPart | None:
        """Return the part of that name; None if the stack has none."""
        return next((part for part in self.parts if part.name == name), None)


def breakdowns(
    results: Iterable[Result],
    scenarios: Sequence[Scenario],
    isolated: Sequence[IsolatedResult],
    stacks: Mapping[str, int | None],
) -> tuple[Breakdown, ...]:
    """Return the breakdown of every stack that reports its times, in every scenario.

    ``stacks`` maps names to the largest batch of requests in one run of the model, None for one request.
    """
    trials = trials_by_place(each for each in counting_trials(results) if each.measurement.latency.count)
    return tuple(
        breakdown
        for scenario in scenarios
        for stack, batch_size in stacks.items()
        if (own_trials := trials.get((scenario.name, stack)))
        and (breakdown := _breakdown(scenario, stack, own_trials, isolated, batch_size))
    )


def _breakdown(
    scenario: Scenario, stack: str, trials: Sequence[Trial], isolated: Sequence[IsolatedResult], batch_size: int | None
) -> Breakdown | None:
    latency = Histogram.sum(trial.measurement.latency for trial in trials)
    end_to_end = _part(END_TO_END, latency, latency.count)
    spans = _spans(trials)
    inside = [trial.inside for trial in trials if trial.inside]
    if TOTAL in spans:
        source: BreakdownSource = "Server-Timing"
        parts = tuple(_part(name, spans[name], spans[TOTAL].count) for name in PARTS if name in spans)
    elif inside:
        source = "Triton's statistics"
        parts = tuple(_triton_parts(inside, end_to_end.mean_ms))
    else:
        return None
    alone = [each for each in isolated if isinstance(each, IsolatedMeasurement) and each.model == _model(scenario)]
    sentence = " ".join(_sentences(scenario, end_to_end, parts, trials, alone, batch_size))
    return Breakdown(scenario.name, stack, source, end_to_end, parts, sentence)


def _part(name: str, histogram: Histogram, answers: int) -> BreakdownPart:
    """Return a part: the mean over all ``answers``, also those without this part, and the p99 of those with it."""
    return BreakdownPart(name, histogram.total_ns / answers / 1e6, percentile_ms(histogram, 0.99))


def _spans(trials: Sequence[Trial]) -> Mapping[str, Histogram]:
    merged: dict[str, Histogram] = {}
    for trial in trials:
        for name, span in (trial.measurement.spans or {}).items():
            merged[name] = merged.get(name, Histogram.empty()) + span
    return {name: span for name, span in merged.items() if span.count}


def _triton_parts(inside: Sequence[Inside], end_to_end_ms: float) -> Iterator[BreakdownPart]:
    """Yield the parts that Triton counted, per request; the rest of the end-to-end time is outside."""
    requests = sum(each.requests for each in inside)
    means = {
        name: math.fsum(each.requests * each.spans_ms[name] for each in inside if name in each.spans_ms) / requests
        for name in PARTS
        if any(name in each.spans_ms for each in inside)
    }
    for name in PARTS:
        if name == OUTSIDE:
            yield BreakdownPart(name, max(0.0, end_to_end_ms - math.fsum(means.values())), None)
        elif name in means:
            yield BreakdownPart(name, means[name], None)


def _model(scenario: Scenario) -> str | None:
    return scenario.workloads[0].model if len(scenario.workloads) == 1 else None


def _sentences(
    scenario: Scenario,
    end_to_end: BreakdownPart,
    parts: Sequence[BreakdownPart],
    trials: Sequence[Trial],
    alone: Sequence[IsolatedMeasurement],
    batch_size: int | None,
) -> Iterator[str]:
    """Yield sentences on the model's part, the largest other part, and the time that no stack can save."""
    infer_ms = next((part.mean_ms for part in parts if part.name == INFER), 0.0)
    others = [part for part in parts if part.name != INFER]
    rest_ms = math.fsum(part.mean_ms for part in others)
    model = f"the model takes {_ms(infer_ms)} ({_share(infer_ms, end_to_end.mean_ms)})"
    if not others or rest_ms <= 0:
        yield f"Of {_ms(end_to_end.mean_ms)} on average, {model}."
        return
    largest = max(others, key=lambda part: part.mean_ms)
    noun = "most of the rest" if largest.mean_ms >= MOST * rest_ms else "the largest other part"
    yield (
        f"Of {_ms(end_to_end.mean_ms)} on average, {model}; {noun}, {_ms(largest.mean_ms)}, is "
        f"{MEANINGS[largest.name]} ({largest.name})."
    )
    yield from _ceiling_sentence(scenario, end_to_end, trials, alone)
    alone_ms = _alone_ms(alone)
    if alone_ms and infer_ms > SLOWER_THAN_ALONE * alone_ms:
        shared = f"; up to {batch_size} requests share it" if batch_size and batch_size > 1 else ""
        yield (
            f"A run of the model takes {infer_ms / alone_ms:.1f} times as long under this load as alone "
            f"({_ms(alone_ms)}){shared}."
        )


def _ceiling_sentence(
    scenario: Scenario, end_to_end: BreakdownPart, trials: Sequence[Trial], alone: Sequence[IsolatedMeasurement]
) -> Iterator[str]:
    """Yield the shortest time for the model on any server, by Little's law from its rate and the requests in flight."""
    load = scenario.load
    if not isinstance(load, ClosedLoop) or not alone:
        return
    ceiling_rps = statistics.geometric_mean(each.rate_rps for each in alone)
    in_flight = statistics.fmean(trial.measurement.in_flight_mean for trial in trials)
    shortest_ms = 1000 * min(in_flight, load.connections) / ceiling_rps
    # No request waits while the model can work on all of them at once.
    if load.connections <= max(each.pool for each in alone):
        return
    own_ms = max(0.0, end_to_end.mean_ms - shortest_ms)
    yield (
        f"Alone the model answers {ceiling_rps:,.0f} requests a second, so {in_flight:.0f} requests at once take "
        f"{_ms(shortest_ms)} on any server on these cores, in any language; this stack adds {_ms(own_ms)} "
        f"({_share(own_ms, end_to_end.mean_ms)})."
    )


def _alone_ms(alone: Sequence[IsolatedMeasurement]) -> float | None:
    if not alone:
        return None
    return Histogram.sum(each.infer for each in alone).mean_ns / 1e6


def _ms(value: float) -> str:
    return f"{value:.0f} ms" if value >= 99.5 else f"{value:.1f} ms" if value >= 0.95 else f"{value:.2f} ms"


def _share(part: float, total: float) -> str:
    return f"{100 * part / total:.0f} %" if total else "0 %"
