"""Comparisons of every stack with the baseline, and the migration matrix."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stackduel.analysis.decision import SMALLEST_MARGIN, decide, margin
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, Interval, interval, log_ratios
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.suite import Metric
from stackduel.model.trial import Result, Trial

NO_BENEFIT_WORD = "no benefit shown"
# If a tenth of a window's requests or more are in flight, they queue and do not come in rounds.
COARSEST = 0.10
# The matrix knows no smaller word than a moderate benefit; 2 % is not worth a change.
SMALLEST_BENEFIT = 1.02


@dataclass(frozen=True, slots=True)
class MatrixEntry:
    """The migration matrix's verdict on one candidate: its scenarios and its mean speedup."""

    candidate: str
    scenarios: int
    mean_speedup: float
    verdict: str


def compare(
    results: Iterable[Result],
    baseline: str,
    slots: Mapping[str, int | None] | None = None,
    fixed: Collection[str] = (),
) -> tuple[Comparison, ...]:
    """Compare every stack with the baseline, scenario by scenario, in the order of the trials.

    The speedup is the geometric mean of the ratios within each block: drift between blocks cancels out. From five
    blocks on it has an interval, whose confidence is that of all comparisons of the run together, and a verdict if the
    baseline's twin was measured, too. ``slots`` are the waiting slots of each stack, where they are limited; ``fixed``
    names the scenarios of a fixed number of requests.
    """
    pairs = list(_pairs(_trials(results), baseline))
    tested = sum(not is_twin(pair.candidate) for pair in pairs)
    # The twin is no candidate: its interval takes no part of the risk.
    intervals = [interval(pair.logs, comparisons=1 if is_twin(pair.candidate) else tested) for pair in pairs]
    twins = {
        pair.scenario: own_interval
        for pair, own_interval in zip(pairs, intervals, strict=True)
        if is_twin(pair.candidate)
    }
    return tuple(
        _comparison(
            pair,
            baseline,
            own_interval,
            twins.get(pair.scenario),
            0.0 if pair.scenario in fixed else _resolution(pair, baseline, slots or {}),
        )
        for pair, own_interval in zip(pairs, intervals, strict=True)
    )


class Logs(NamedTuple):
    """The logarithms of a candidate's ratio to the baseline, a block each; ``noisy`` as in comparisons."""

    logs: tuple[float, ...]
    noisy: bool


def log_ratios_by_pair(results: Iterable[Result], baseline: str) -> dict[tuple[str, str], Logs]:
    """Return the log ratios that ``compare`` uses, by scenario and candidate."""
    return {(pair.scenario, pair.candidate): Logs(pair.logs, pair.noisy) for pair in _pairs(_trials(results), baseline)}


class _Pair(NamedTuple):
    """A candidate beside the baseline in one scenario: both trials of each block that both have."""

    scenario: str
    candidate: str
    blocks: Sequence[tuple[Trial, Trial]]

    @property
    def metric(self) -> Metric:
        return self.blocks[0][0].metric

    @property
    def noisy(self) -> bool:
        return any(trial.state == "noisy" for block in self.blocks for trial in block)

    @property
    def logs(self) -> tuple[float, ...]:
        scores = [(candidate.score or 0.0, baseline.score or 0.0) for candidate, baseline in self.blocks]
        return log_ratios([one for one, _ in scores], [other for _, other in scores])


def _comparison(
    pair: _Pair, baseline: str, bounds: Interval | None, twins: Interval | None, resolution: float
) -> Comparison:
    allowed = margin(twins, max(SMALLEST_MARGIN, resolution))
    return Comparison(
        scenario=pair.scenario,
        baseline=baseline,
        candidate=pair.candidate,
        metric=pair.metric,
        speedup=math.exp(statistics.fmean(pair.logs)),
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        confidence=bounds.confidence if bounds else None,
        verdict=decide(bounds, allowed, noisy=pair.noisy),
        noisy=pair.noisy,
        blocks=len(pair.blocks),
        margin=allowed,
        resolution=resolution,
    )


def _resolution(pair: _Pair, baseline: str, slots: Mapping[str, int | None]) -> float:
    """Return the smallest difference that a window can show, as a share of its rate: one round of requests in step.

    A window may hold one round more or less than another by chance. A round is what is in flight, at most the
    stack's waiting slots. A fixed number of requests has no rounds.
    """
    if pair.metric == "time":
        return 0.0
    names = (pair.candidate, baseline)
    rounds: list[float] = [
        statistics.median(_round(trial, slots.get(name)) / trial.measurement.completed for trial in side)
        for name, side in zip(names, zip(*pair.blocks, strict=True), strict=True)
    ]
    return min(max(rounds), COARSEST)


def _round(trial: Trial, slots: int | None) -> float:
    in_flight = trial.measurement.in_flight_mean
    return in_flight if slots is None else min(in_flight, slots)


# Scenario -> stack -> block -> the trial that counts.
_Trials = dict[str, dict[str, dict[int, Trial]]]


def _trials(results: Iterable[Result]) -> _Trials:
    trials: _Trials = {}
    for result in results:
        stacks = trials.setdefault(result.place.scenario, {})
        if isinstance(result, Trial) and result.counts and result.score is not None:
            stacks.setdefault(result.place.stack, {})[result.place.block] = result
    return trials


def _pairs(trials: _Trials, baseline: str) -> Iterator[_Pair]:
    for scenario, stacks in trials.items():
        reference = stacks.get(baseline, {})
        for candidate, blocks in stacks.items():
            shared = [(blocks[block], reference[block]) for block in sorted(set(blocks) & set(reference))]
            if candidate != baseline and shared:
                yield _Pair(scenario, candidate, quiet_blocks(shared))


def quiet_blocks(blocks: Sequence[tuple[Trial, Trial]]) -> Sequence[tuple[Trial, Trial]]:
    """Return the blocks without noise if there are enough for an interval, else all blocks."""
    quiet = [block for block in blocks if all(trial.state == "ok" for trial in block)]
    return quiet if len(quiet) >= FEWEST_BLOCKS else blocks


def migrations(comparisons: Sequence[Comparison]) -> tuple[MatrixEntry, ...]:
    """Return the migration matrix: each candidate's mean speedup, by the lower bounds where there are any."""
    entries = []
    candidates = dict.fromkeys(each.candidate for each in comparisons if not is_twin(each.candidate))
    for candidate in candidates:
        speedups = [each.low or each.speedup for each in comparisons if each.candidate == candidate]
        mean = statistics.fmean(speedups)
        entries.append(MatrixEntry(candidate, len(speedups), mean, matrix_verdict(mean)))
    return tuple(entries)


def matrix_verdict(speedup: float) -> str:
    """Return the matrix's verdict on a speedup: below 2, 2 to 5, 5 to 10, above 10."""
    if speedup < 2:
        return "moderate benefit" if speedup > SMALLEST_BENEFIT else NO_BENEFIT_WORD
    if speedup < 5:
        return "good candidate"
    if speedup <= 10:
        return "strong case"
    return "migrate as soon as possible"
