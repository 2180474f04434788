"""Comparisons of every stack with the baseline."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from stackduel.analysis.decision import SMALLEST_MARGIN, decide, decide_without_size, margin
from stackduel.analysis.failure_shares import BlockTrials, failure_excess, failure_suspicion, trials_with_requests
from stackduel.analysis.pairs import BaselinePair, BoundSide, logs_of, pairs
from stackduel.analysis.statistics.intervals import Interval, interval
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison, FailureExcess
from stackduel.model.suite import Metric
from stackduel.model.trial import Result, Trial

# A scenario, and what is compared in it.
MeasuredBy = tuple[str, Metric]

# If a tenth of a window's requests or more are in flight, they queue and do not come in rounds.
COARSEST = 0.10


def compare(
    results: Iterable[Result],
    baseline: str,
    slots: Mapping[str, int | None] | None = None,
    fixed: Collection[str] = (),
    windows: Mapping[str, int] | None = None,
) -> tuple[Comparison, ...]:
    """Compare every stack with the baseline, scenario by scenario, in the order of the trials.

    The speedup is the geometric mean of the ratios within each block: drift between blocks cancels out. From five
    blocks on it has an interval, whose confidence is that of all comparisons of the run together, and a verdict if the
    baseline's twin was measured, too. ``slots`` are the waiting slots of each stack, where they are limited; ``fixed``
    names the scenarios of a fixed number of requests, ``windows`` into how many windows a trial of a scenario is
    divided, where it is. A candidate that is shown to fail more requests than the
    baseline is never faster.
    """
    results = tuple(results)
    found = [(pair, baseline) for pair in pairs(results, baseline)]
    twins = {_twin_of(pair): pair for pair, _ in found if is_twin(pair.candidate)}
    return _judged(results, found, twins, slots or {}, fixed, windows or {})


def compare_with(
    results: Iterable[Result],
    references: Mapping[str, str],
    baseline: str,
    slots: Mapping[str, int | None],
    fixed: Collection[str] = (),
    windows: Mapping[str, int] | None = None,
) -> tuple[Comparison, ...]:
    """Compare stacks with one of their own each, which ``references`` names; the margin is that of the run's A/A pair.

    The confidence is that of all these comparisons together; the rest is as in ``compare``.
    """
    results = tuple(results)
    twins = {_twin_of(pair): pair for pair in pairs(results, baseline) if is_twin(pair.candidate)}
    found = [
        (pair, reference)
        for reference in dict.fromkeys(references.values())
        for pair in pairs(results, reference)
        if references.get(pair.candidate) == reference
    ]
    return _judged(results, found, twins, slots, fixed, windows or {})


def _judged(
    results: Sequence[Result],
    found: Sequence[tuple[BaselinePair, str]],
    twins: Mapping[MeasuredBy, BaselinePair],
    slots: Mapping[str, int | None],
    fixed: Collection[str],
    windows: Mapping[str, int],
) -> tuple[Comparison, ...]:
    """Return the comparison of each pair, beside which its baseline stands."""
    tested = sum(not is_twin(pair.candidate) for pair, _ in found)
    trials = trials_with_requests(results)
    judged = (
        _with_failures(
            _sized(
                pair,
                baseline,
                # The twin is no candidate: its interval takes no part of the risk.
                interval(pair.logs, comparisons=1 if is_twin(pair.candidate) else tested),
                twins.get(_twin_of(pair)),
                0.0 if pair.scenario in fixed else _resolution(pair, baseline, slots, windows.get(pair.scenario, 1)),
            ),
            pair,
            twins.get(_twin_of(pair)),
            failure_excess(trials, pair.scenario, pair.candidate, baseline, tested),
        )
        for pair, baseline in found
    )
    return tuple(_with_suspicion(each, trials, tested) for each in judged)


def _twin_of(pair: BaselinePair) -> MeasuredBy:
    """Return by what a pair finds the baseline's twin."""
    return pair.scenario, pair.metric


def _with_suspicion(judged: Comparison, trials: BlockTrials, tested: int) -> Comparison:
    """Return the comparison with what is suspected of a candidate that is not shown to fail more."""
    if judged.failures or is_twin(judged.candidate):
        return judged
    found = failure_suspicion(trials, judged.scenario, judged.candidate, judged.baseline, tested)
    return replace(judged, suspected=found) if found else judged


def _with_failures(
    sized: Comparison, pair: BaselinePair, twin: BaselinePair | None, excess: FailureExcess | None
) -> Comparison:
    """Return the comparison with its final verdict: a stack shown to fail more is never faster or equivalent."""
    judged = _without_size(sized, pair, twin) if sized.verdict == "inconclusive" and twin else sized
    if excess is None or is_twin(pair.candidate):
        return judged
    if judged.verdict in {"slower", "not tested"}:
        return replace(judged, failures=excess)
    return replace(sized, failures=excess, verdict="inconclusive")


def _sized(
    pair: BaselinePair, baseline: str, bounds: Interval | None, twin: BaselinePair | None, resolution: float
) -> Comparison:
    allowed = margin(interval(twin.logs) if twin else None, max(SMALLEST_MARGIN, resolution))
    return Comparison(
        scenario=pair.scenario,
        baseline=baseline,
        candidate=pair.candidate,
        metric=pair.metric,
        speedup=math.exp(statistics.fmean(pair.logs)),
        low=bounds.low if bounds and pair.bound != "high" else None,
        high=bounds.high if bounds and pair.bound != "low" else None,
        confidence=bounds.confidence if bounds else None,
        verdict=decide(_open(bounds, pair.bound), allowed, noisy=pair.noisy),
        noisy=pair.noisy,
        blocks=len(pair.blocks),
        margin=allowed,
        resolution=resolution,
        size="at_least" if pair.bound else None,
    )


def _open(bounds: Interval | None, bound: BoundSide | None) -> Interval | None:
    """Return the interval without the end that lower bounds of a rate do not give."""
    if bounds is None or bound is None:
        return bounds
    return replace(bounds, high=math.inf) if bound == "low" else replace(bounds, low=0.0)


def _without_size(sized: Comparison, pair: BaselinePair, twin: BaselinePair) -> Comparison:
    """Return the comparison as faster or slower without a size, where the signs of all blocks show that."""
    if is_twin(pair.candidate):
        return sized
    logs, shares = logs_of(pair.every), (pair.taken, twin.taken)
    taken = None if None in shares else max(each for each in shares if each is not None)
    verdict = decide_without_size(logs, logs_of(twin.every), taken)
    if verdict is None or not pair.may_be(verdict):
        return sized
    return replace(
        sized,
        speedup=math.exp(statistics.fmean(logs)),
        low=None,
        high=None,
        confidence=None,
        verdict=verdict,
        noisy=any(trial.state == "noisy" for block in pair.every for trial in block),
        blocks=len(pair.every),
        size="uncertain",
    )


def _resolution(pair: BaselinePair, baseline: str, slots: Mapping[str, int | None], windows: int) -> float:
    """Return the smallest difference that a window can show, as a share of its rate: one round of requests in step.

    A window may hold one round more or less than another by chance. A round is what is in flight, at most the
    stack's waiting slots. A fixed number of requests has no rounds. Of several ``windows`` each begins at a point of a
    round that is drawn anew, so that their chances add up as independent ones do: by the root of their number.
    """
    if pair.metric != "rate":
        return 0.0
    names = (pair.candidate, baseline)
    rounds: list[float] = [
        statistics.median(_round(trial, slots.get(name)) / trial.measurement.completed for trial in side)
        for name, side in zip(names, zip(*pair.blocks, strict=True), strict=True)
    ]
    return min(max(rounds) * math.sqrt(windows), COARSEST)


def _round(trial: Trial, slots: int | None) -> float:
    in_flight = trial.measurement.in_flight_mean
    return in_flight if slots is None else min(in_flight, slots)
