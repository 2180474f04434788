"""Least squares for a screening: effects in blocks, with the error of what the model leaves over.

The model of a logarithm is a constant for each block, one for each pair of a run and its mirror image, and a term for
each column of interest. A run and its mirror image differ in every main effect and in no two-factor interaction, so the
constants of the pairs take up the interactions. What is left over, the unused columns and the differences between
equal runs, is chance. Every effect is a contrast over all runs, so it matters how much they vary in the mean, and not
whether all vary alike (G. E. P. Box, J. S. Hunter and W. G. Hunter, Statistics for Experimenters, 2nd edition, 2005,
chapters 5 to 7 and 9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stackduel.analysis.statistics.distributions import f_tail, student_quantile

Matrix = NDArray[np.float64]
# Singular values below this share of the largest are those of a column that follows from the others.
TOLERANCE = 1e-9
SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Observation:
    """A logarithm measured in a block, with the levels of its columns.

    ``pair`` is the number that a run and its mirror image share, None where the design is not mirrored.
    """

    block: int
    columns: tuple[int, ...]
    log: float
    pair: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A combination of effects on a logarithm: its value, its standard error, and the error's degrees of freedom."""

    value: float
    error: float
    freedom: float

    def bounds(self, confidence: float, comparisons: int = 1) -> tuple[float, float]:
        """Return the bounds of Student's interval; of several, each gets an equal part of the risk (Bonferroni)."""
        reach = student_quantile(self.freedom, (1 - confidence) / comparisons / 2) * self.error
        return self.value - reach, self.value + reach


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A fitted model: the means and the covariance of its columns, and which of them can be estimated.

    ``interactions_p`` is how likely differences between the pairs as large as these are by chance. It is None without
    pairs: the effects of a mirrored design then have parts of two-factor interactions in them.
    """

    means: Matrix
    covariance: Matrix
    estimable: Matrix
    freedom: int
    interactions_p: float | None

    @property
    def is_complete(self) -> bool:
        """Whether the effect of every column can be estimated."""
        return bool(np.allclose(self.estimable, np.eye(len(self.means)), atol=SMALLEST))

    def effect(self, weights: Sequence[float]) -> Estimate | None:
        """Return the weighted sum of the effects of the columns, from off to on; None if the runs do not show it."""
        # From -1 to 1 is two steps.
        wanted = 2 * np.asarray(weights, dtype=np.float64)
        if not np.allclose(self.estimable @ wanted, wanted, atol=SMALLEST):
            return None
        variance = float(wanted @ self.covariance @ wanted)
        return Estimate(float(wanted @ self.means), math.sqrt(max(variance, 0.0)), self.freedom)


def fit(observations: Sequence[Observation]) -> LinearFit | None:
    """Fit the model, without its pairs where too few runs were measured for them; None where no error is left."""
    if not observations:
        return None
    paired = all(each.pair is not None for each in observations)
    whole = _fit(observations, paired=True) if paired else None
    return whole if whole is not None and whole.is_complete else _fit(observations, paired=False)


def combined(first: Estimate, second: Estimate) -> Estimate:
    """Return the difference of two independent estimates.

    Its degrees of freedom are those of F. E. Satterthwaite (An approximate distribution of estimates of variance
    components, Biometrics Bulletin 2, 1946).
    """
    variances = (first.error**2, second.error**2)
    total = sum(variances)
    if not total:
        return Estimate(first.value - second.value, 0.0, min(first.freedom, second.freedom))
    shares = zip(variances, (first.freedom, second.freedom), strict=True)
    freedom = 1 / sum((variance / total) ** 2 / each for variance, each in shares)
    return Estimate(first.value - second.value, math.sqrt(total), freedom)


def _fit(observations: Sequence[Observation], *, paired: bool) -> LinearFit | None:
    interest = np.array([each.columns for each in observations], dtype=np.float64)
    plain = np.hstack((interest, _indicators([each.block for each in observations])))
    design = np.hstack((plain, _indicators([each.pair for each in observations]))) if paired else plain
    logs = np.array([each.log for each in observations])
    left, rank = _residual(design, logs)
    freedom = len(logs) - rank
    if freedom < 1:
        return None
    inverse = np.linalg.pinv(design, rcond=TOLERANCE)
    count = interest.shape[1]
    return LinearFit(
        means=(inverse @ logs)[:count],
        covariance=left / freedom * (inverse @ inverse.T)[:count, :count],
        # The part of a combination that the runs determine.
        estimable=(inverse @ design)[:count, :count],
        freedom=freedom,
        interactions_p=_chance(plain, logs, left, rank) if paired else None,
    )


def _chance(smaller: Matrix, logs: Matrix, left: float, rank: int) -> float | None:
    """Return how likely the terms that the smaller model lacks are by chance: the F test of R. A. Fisher (1925)."""
    left_smaller, rank_smaller = _residual(smaller, logs)
    added, freedom = rank - rank_smaller, len(logs) - rank
    if not added or left <= 0:
        return None
    ratio = ((left_smaller - left) / added) / (left / freedom)
    return f_tail(added, freedom, ratio)


def _residual(design: Matrix, logs: Matrix) -> tuple[float, int]:
    """Return the sum of squares that a design leaves over, and its rank."""
    solution, _, rank, _ = np.linalg.lstsq(design, logs, rcond=TOLERANCE)
    return float(((logs - design @ solution) ** 2).sum()), int(rank)


def _indicators(groups: Sequence[int | None]) -> Matrix:
    """Return a column for each group, 1 in its rows."""
    known = list(dict.fromkeys(groups))
    return np.array([[float(each == group) for group in known] for each in groups])
