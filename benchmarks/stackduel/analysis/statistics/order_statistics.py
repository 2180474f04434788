"""Intervals of medians from order statistics, which assume nothing about the distribution."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from stackduel.model.comparison import CONFIDENCE
from stackduel.model.estimates import Median


def median(values: Sequence[float], confidence: float = CONFIDENCE) -> Median:
    """Return the median of independent values, with the narrowest pair of order statistics of at least that confidence.

    The true median lies between the k-th smallest and the k-th largest of n values unless fewer than k of them fall on
    one side of it, as heads of a fair coin do: with a chance of ``1 - 2 * P(X < k)``, X binomial of n and 1/2 (W. R.
    Thompson, On confidence ranges for the median, Ann. Math. Stat. 7, 1936). That takes six values for 95 %. Raises
    ValueError without any value.
    """
    if not values:
        raise ValueError("no values, so no median")
    ordered = sorted(values)
    count = len(ordered)
    result = Median(statistics.median(ordered))
    for k in range(1, count // 2 + 1):
        covered = 1 - 2 * sum(math.comb(count, each) for each in range(k)) / 2**count
        if covered < confidence:
            break
        result = Median(result.value, ordered[k - 1], ordered[count - k], covered)
    return result
