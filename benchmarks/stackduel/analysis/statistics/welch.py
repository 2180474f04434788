"""The interval of a ratio between two independent sets of blocks."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np

from stackduel.analysis.statistics.distributions import student_quantile
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, Interval
from stackduel.model.comparison import CONFIDENCE


def unpaired(
    new: Sequence[float], old: Sequence[float], comparisons: int = 1, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the interval of new / old from the logarithms of their blocks; None below ``FEWEST_BLOCKS`` of either.

    The blocks of two runs were measured at different times, so none has a partner in the other run; they may differ
    in number and in spread. The difference of their means has the standard error ``sqrt(s1**2 / n1 + s2**2 / n2)``,
    and approximately Student's distribution (B. L. Welch, The generalization of Student's problem when several
    different population variances are involved, Biometrika 34, 1947) with the degrees of freedom of F. E.
    Satterthwaite (An approximate distribution of estimates of variance components, Biometrics Bulletin 2, 1946). With
    ``comparisons`` intervals in a table each gets an equal part of the risk, as in
    ``stackduel.analysis.statistics.intervals``.

    ``blocks`` of the interval is the smaller number. Raises ValueError where ``comparisons`` is below 1 or
    ``confidence`` not between 0 and 1.
    """
    if comparisons < 1 or not 0 < confidence < 1:
        raise ValueError(f"no interval for {comparisons} comparisons at a confidence of {confidence}")
    if min(len(new), len(old)) < FEWEST_BLOCKS:
        return None
    centre = statistics.fmean(new) - statistics.fmean(old)
    shares = [float(np.std(logs, ddof=1)) ** 2 / len(logs) for logs in (new, old)]
    reach = math.sqrt(sum(shares)) * _quantile(shares, (len(new), len(old)), (1 - confidence) / comparisons)
    return Interval(
        ratio=math.exp(centre),
        low=math.exp(centre - reach),
        high=math.exp(centre + reach),
        confidence=confidence,
        blocks=min(len(new), len(old)),
        comparisons=comparisons,
    )


def _quantile(shares: Sequence[float], counts: Sequence[int], risk: float) -> float:
    """Return the distance of the bounds from the mean, in standard errors."""
    total = sum(shares)
    if not total:
        return 0.0
    # In parts of the sum: the squares of the shares themselves may underflow to 0.
    freedom = 1 / sum((share / total) ** 2 / (count - 1) for share, count in zip(shares, counts, strict=True))
    return student_quantile(freedom, risk / 2)
