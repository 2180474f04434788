"""How evenly events come: their counts in equal intervals beside those of a Poisson process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stackduel.analysis.statistics.distributions import chi_squared_quantile


def index_of_dispersion(counts: Sequence[int]) -> float:
    """Return the variance of counts in equal intervals over their mean.

    It is 1 of a Poisson process, and more where events come in bursts. There are at least two counts, not
    all zero. D. R. Cox and P. A. W. Lewis, The Statistical Analysis of Series of Events, 1966; for arrivals in networks
    R. Gusella, IEEE JSAC 9(2), 1991.
    """
    return float(np.var(counts, ddof=1) / np.mean(counts))


def is_poisson(counts: Sequence[int], confidence: float = 0.99) -> bool:
    """Return whether the counts may be those of a Poisson process of constant rate.

    The dispersion test: n - 1 times the index is chi-squared with n - 1 degrees of freedom (R. A. Fisher, Biometrics
    6, 1950).
    """
    degrees = len(counts) - 1
    low, high = (chi_squared_quantile(degrees, risk) for risk in ((1 + confidence) / 2, (1 - confidence) / 2))
    return bool(low <= degrees * index_of_dispersion(counts) <= high)
