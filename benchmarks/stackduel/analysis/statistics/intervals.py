"""Confidence intervals of speedups, and the number of blocks that a given width takes.

Everything is computed on the natural logarithm of the ratio within each block. What a block does to both sides
alike cancels out there, a ratio and its inverse are equally far from 1, and the mean belongs to the geometric
mean of the ratios, the only mean that does not depend on which side is the numerator (P. J. Fleming and
J. J. Wallace, How not to lie with statistics, Communications of the ACM 29, 1986).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stackduel.analysis.statistics.distributions import student_quantile
from stackduel.model.comparison import CONFIDENCE

FEWEST_BLOCKS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A speedup and the bounds of its confidence interval.

    ``ratio`` is the geometric mean over ``blocks`` blocks, above 1 is better. ``confidence`` is the probability
    that all ``comparisons`` intervals of a table together contain their true values.
    """

    ratio: float
    low: float
    high: float
    confidence: float
    blocks: int
    comparisons: int = 1

    @property
    def half_width(self) -> float:
        """The distance of the bounds from the ratio, as a share: 0.02 for ``ratio / 1.02`` and ``ratio * 1.02``."""
        return math.expm1(_log_half_width(self))

    @property
    def spread(self) -> float:
        """The standard deviation of the log ratios that the interval was computed from."""
        return _log_half_width(self) / _standard_errors(self.blocks, self.comparisons, self.confidence)


def log_ratios(candidate: Sequence[float], baseline: Sequence[float]) -> tuple[float, ...]:
    """Return the natural logarithms of candidate / baseline, from scores (greater is better) block by block.

    Raises ValueError where the two differ in length, or a score is not above 0.
    """
    return tuple(math.log(one) - math.log(other) for one, other in zip(candidate, baseline, strict=True))


def interval(logs: Sequence[float], comparisons: int = 1, confidence: float = CONFIDENCE) -> Interval | None:
    """Return the two-sided Student-t interval of one log ratio per block; None below ``FEWEST_BLOCKS``.

    The mean of n normal values lies within ``t(n - 1) * s / sqrt(n)`` of the truth (Student, The probable error of
    a mean, Biometrika 6, 1908). A block is one value, however many requests it holds: the requests of a block
    share a server and a moment, so they are not independent (S. H. Hurlbert, Pseudoreplication, Ecological
    Monographs 54, 1984). With ``comparisons`` intervals in the table, each gets an equal part of the risk (C. E.
    Bonferroni, 1936; O. J. Dunn, Multiple comparisons among means, JASA 56, 1961).

    Raises ValueError where ``comparisons`` is below 1 or ``confidence`` not between 0 and 1.
    """
    blocks = len(logs)
    if blocks < FEWEST_BLOCKS:
        return None
    centre = statistics.fmean(logs)
    reach = _standard_errors(blocks, comparisons, confidence) * float(np.std(logs, ddof=1))
    return Interval(
        ratio=math.exp(centre),
        low=math.exp(centre - reach),
        high=math.exp(centre + reach),
        confidence=confidence,
        blocks=blocks,
        comparisons=comparisons,
    )


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return the two-sided Student-t interval of the mean of one value per block; None below ``FEWEST_BLOCKS``."""
    if len(values) < FEWEST_BLOCKS:
        return None
    centre = statistics.fmean(values)
    reach = _standard_errors(len(values), 1, confidence) * float(np.std(values, ddof=1))
    return centre - reach, centre + reach


def half_width(spread: float, blocks: int, comparisons: int = 1, confidence: float = CONFIDENCE) -> float:
    """Return the half-width of an interval over ``blocks`` blocks, as a share.

    It is 0.02 for bounds at ``ratio / 1.02`` and ``ratio * 1.02``.

    ``spread`` is the standard deviation of the log ratios. Raises ValueError for fewer than ``FEWEST_BLOCKS``.
    """
    return math.expm1(spread * _standard_errors(blocks, comparisons, confidence))


def blocks_for(
    target: float, spreads: Iterable[float], *, cap: int, comparisons: int = 1, confidence: float = CONFIDENCE
) -> int:
    """Return the fewest blocks whose ``half_width`` is at most ``target`` for every spread of a pilot, or ``cap``.

    At least ``FEWEST_BLOCKS``, and decided once, before the measurement: a count that is checked again after each
    block stops at a lucky moment (T. Kalibera and R. Jones, Rigorous benchmarking in reasonable time, ISMM 2013).
    The largest spread decides, including that of the A/A pair: a comparison that fixed the count by its own spread
    would stop early exactly where it underestimates that spread.

    Raises ValueError where ``target`` is not above 0, there is no spread, or ``cap`` is below ``FEWEST_BLOCKS``.
    """
    if target <= 0:
        raise ValueError(f"a half-width is above 0, not {target}")
    if cap < FEWEST_BLOCKS:
        raise ValueError(f"an interval takes {FEWEST_BLOCKS} blocks, more than the {cap} allowed")
    largest = max(spreads)
    counts = range(FEWEST_BLOCKS, cap)
    return next((blocks for blocks in counts if half_width(largest, blocks, comparisons, confidence) <= target), cap)


def _log_half_width(bounds: Interval) -> float:
    return math.log(bounds.high / bounds.low) / 2


def _standard_errors(blocks: int, comparisons: int, confidence: float) -> float:
    """Return the distance of the bounds from the mean, in standard deviations of one block."""
    if blocks < FEWEST_BLOCKS:
        raise ValueError(f"an interval takes {FEWEST_BLOCKS} blocks, and {blocks} are too few")
    if comparisons < 1 or not 0 < confidence < 1:
        raise ValueError(f"no interval for {comparisons} comparisons at a confidence of {confidence}")
    risk = (1 - confidence) / comparisons
    return student_quantile(blocks - 1, risk / 2) / math.sqrt(blocks)
