"""From trials to comparisons, and from comparisons to words (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.stats.intervals import interval, log_ratios
from benchmarks.suite import Metric
from benchmarks.trial import Comparison, Result, Trial

NO_BENEFIT = "no benefit"
# The matrix knows no smaller word than a moderate benefit; 2 % is not worth a change.
SMALLEST_BENEFIT = 1.02


@dataclass(frozen=True, slots=True)
class Migration:
    """The classic migration matrix's word on one candidate: over how many scenarios, at what mean speedup."""

    candidate: str
    scenarios: int
    mean_speedup: float
    word: str


def compare(results: Iterable[Result], baseline: str) -> tuple[Comparison, ...]:
    """Compare every stack with the baseline, scenario by scenario, in the order of the trials.

    The speedup is the geometric mean of the ratios within each block: what drifts between blocks cancels out. From five
    blocks on it has an interval, whose confidence is that of all comparisons of the run together.
    """
    pairs = list(_pairs(_scores(results), baseline))
    comparisons = []
    for scenario, candidate, metric, logs in pairs:
        found = interval(logs, comparisons=len(pairs))
        speedup = math.exp(math.fsum(logs) / len(logs))
        comparison = Comparison(scenario, baseline, candidate, metric, speedup)
        if found is not None:
            comparison = replace(comparison, low=found.low, high=found.high, confidence=found.confidence)
        comparisons.append(comparison)
    return tuple(comparisons)


def _pairs(scores: Scores, baseline: str) -> Iterator[tuple[str, str, Metric, tuple[float, ...]]]:
    """Scenario, candidate, metric, and the logarithm of the ratio in each block that both sides have."""
    for scenario, stacks in scores.items():
        reference = stacks.get(baseline, {})
        for candidate, blocks in stacks.items():
            shared = sorted(set(blocks) & set(reference))
            if candidate != baseline and shared:
                theirs, ours = [reference[block][1] for block in shared], [blocks[block][1] for block in shared]
                yield scenario, candidate, blocks[shared[0]][0].metric, log_ratios(ours, theirs)


# Scenario -> stack -> block -> the trial that counts, and its score.
Scores = dict[str, dict[str, dict[int, tuple[Trial, float]]]]


def _scores(results: Iterable[Result]) -> Scores:
    scores: Scores = {}
    for result in results:
        stacks = scores.setdefault(result.place.scenario, {})
        if isinstance(result, Trial) and result.state != "void" and result.score is not None:
            blocks = stacks.setdefault(result.place.stack, {})
            blocks[result.place.block] = (result, result.score)
    return scores


def migrations(comparisons: Sequence[Comparison]) -> tuple[Migration, ...]:
    """The migration matrix on each candidate's mean speedup, read at the lower bound where there is one."""
    found = []
    for candidate in dict.fromkeys(each.candidate for each in comparisons):
        speedups = [each.low or each.speedup for each in comparisons if each.candidate == candidate]
        mean = math.fsum(speedups) / len(speedups)
        found.append(Migration(candidate, len(speedups), mean, matrix_word(mean)))
    return tuple(found)


def matrix_word(speedup: float) -> str:
    """The matrix's word for a speedup: below 2, 2 to 5, 5 to 10, above 10."""
    if speedup < 2:
        return "moderate benefit" if speedup > SMALLEST_BENEFIT else NO_BENEFIT
    if speedup < 5:
        return "good candidate"
    if speedup <= 10:
        return "strong case"
    return "migrate as soon as possible"
