"""The slope of a series with correlated neighbours, with an interval that allows for the correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stackduel.analysis.statistics.distributions import student_quantile
from stackduel.model.comparison import CONFIDENCE
from stackduel.model.estimates import Slope

# More than 10 gain little, and with fewer samples in each their means would be correlated (B. Schmeiser, Batch size
# effects in the analysis of simulation output, Operations Research 30, 1982).
BATCHES = 10


def slope(times: Sequence[float], values: Sequence[float], confidence: float = CONFIDENCE) -> Slope | None:
    """Return the least-squares slope through the means of batches of consecutive samples.

    None below two samples per batch.

    Successive samples are correlated, so a line through all of them would seem far more certain than it is. The means
    of long batches hardly are, so the residuals of a line through these give an honest standard error,
    with the Student-t quantile of ``BATCHES - 2`` degrees of freedom (A. M. Law, Simulation Modeling
    and Analysis, 5th edition, 2015, section 9.5.3, on batch means). Raises ValueError where the two differ in length.
    """
    if len(times) != len(values):
        raise ValueError(f"{len(times)} times for {len(values)} values")
    if len(times) < 2 * BATCHES:
        return None
    moments = np.array([batch.mean() for batch in np.array_split(np.asarray(times, dtype=np.float64), BATCHES)])
    means = np.array([batch.mean() for batch in np.array_split(np.asarray(values, dtype=np.float64), BATCHES)])
    offsets = moments - moments.mean()
    spread = float((offsets**2).sum())
    if not spread:
        return None
    gradient = float((offsets * means).sum()) / spread
    residuals = means - means.mean() - gradient * offsets
    error = math.sqrt(float((residuals**2).sum()) / (BATCHES - 2) / spread)
    reach = student_quantile(BATCHES - 2, (1 - confidence) / 2) * error
    return Slope(gradient, gradient - reach, gradient + reach, confidence)
