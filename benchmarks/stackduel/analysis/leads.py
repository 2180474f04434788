"""Leads: how much faster one stack is than another, from the blocks that measured both without noise.

A dearer change has to be *shown* to buy more than ``WORTH``: the one-sided Student-t bound of its lead has to lie above
(Student, The probable error of a mean, Biometrika 6, 1908). The lead over several scenarios is the geometric mean of
their ratios, and a block is one value, as in ``stackduel.analysis.statistics.intervals``.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stackduel.analysis.statistics.distributions import student_quantile
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.trial import Result, counting_trials

# What a dearer change has to buy at the least.
WORTH = 1.10

# Scenario -> stack -> block -> the natural logarithm of the score.
BlockScores = Mapping[str, Mapping[str, Mapping[int, float]]]


@dataclass(frozen=True, slots=True)
class Lead:
    """How many times as fast a stack is as another, over so many blocks; above 1 it is faster.

    ``low`` and ``high`` are one-sided bounds, each wrong at the risk that was asked for. ``spread`` is the standard
    deviation of the blocks' log ratios; None where no block measured both stacks in every scenario.
    """

    ratio: float
    low: float
    high: float
    blocks: int
    risk: float
    spread: float | None = None

    @property
    def shown(self) -> bool:
        """Whether it is shown to be more than ``WORTH``."""
        return self.low > WORTH

    @property
    def excluded(self) -> bool:
        """Whether it is shown to be no more than ``WORTH``."""
        return self.high <= WORTH

    @property
    def detectable(self) -> float:
        """The smallest ratio that these blocks would have shown to be more than ``WORTH``, with their spread."""
        return WORTH * self.ratio / self.low

    def blocks_to_decide(self, cap: int) -> int | None:
        """Return the total of blocks, at most ``cap``, that would decide about ``WORTH``; None if none do.

        This assumes that ratio and spread stay the same: a forecast that is right about half the time.
        """
        if self.spread is None:
            return None
        distance = abs(math.log(self.ratio / WORTH))
        counts = range(self.blocks, cap + 1)
        return next((count for count in counts if _reach(self.spread, count, self.risk) < distance), None)


def quiet_scores(results: Iterable[Result]) -> BlockScores:
    """Return the log scores of the trials that count and were not disturbed by noise."""
    scores: dict[str, dict[str, dict[int, float]]] = {}
    for trial in counting_trials(results):
        if trial.state == "ok" and trial.score is not None:
            place = trial.place
            scores.setdefault(place.scenario, {}).setdefault(place.stack, {})[place.block] = math.log(trial.score)
    return scores


def lead(scores: BlockScores, scenarios: Sequence[str], stack: str, over: str, risk: float) -> Lead | None:
    """Return the lead of ``stack`` over another in these scenarios; None where fewer than five blocks have both.

    Where fewer than five blocks have both in *every* scenario, each scenario is bounded by its own blocks at an equal
    part of the risk, and the bounds are averaged.
    """
    logs = [_log_ratios(scores, scenario, stack, over) for scenario in scenarios]
    shared = sorted(set.intersection(*(set(each) for each in logs))) if logs else []
    if len(shared) >= FEWEST_BLOCKS:
        means = [statistics.fmean(each[block] for each in logs) for block in shared]
        spread = float(np.std(means, ddof=1))
        return _lead(statistics.fmean(means), _reach(spread, len(means), risk), len(means), risk, spread)
    if not logs or any(len(each) < FEWEST_BLOCKS for each in logs):
        return None
    centre = statistics.fmean(statistics.fmean(each.values()) for each in logs)
    reach = statistics.fmean(
        _reach(float(np.std(list(each.values()), ddof=1)), len(each), risk / len(logs)) for each in logs
    )
    return _lead(centre, reach, min(map(len, logs)), risk, None)


def _log_ratios(scores: BlockScores, scenario: str, stack: str, over: str) -> dict[int, float]:
    stacks = scores.get(scenario, {})
    one, other = stacks.get(stack, {}), stacks.get(over, {})
    return {block: value - other[block] for block, value in one.items() if block in other}


def _lead(centre: float, reach: float, blocks: int, risk: float, spread: float | None) -> Lead:
    low, high = math.exp(centre - reach), math.exp(centre + reach)
    return Lead(math.exp(centre), low, high, blocks, risk, spread)


def _reach(spread: float, blocks: int, risk: float) -> float:
    """Return the distance of a one-sided bound from the mean of so many log ratios."""
    return student_quantile(blocks - 1, risk) * spread / math.sqrt(blocks)
