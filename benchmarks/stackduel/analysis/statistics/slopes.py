"""The slope of a series whose neighbours resemble each other, with an interval that says so."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from stackduel.model.comparison import CONFIDENCE
from stackduel.model.findings import Slope

# From 10 on, more of them gain little, and fewer samples in each would leave them alike (B. Schmeiser, Batch size
# effects in the analysis of simulation output, Operations Research 30, 1982).
BATCHES = 10


def slope(times: Sequence[float], values: Sequence[float], confidence: float = CONFIDENCE) -> Slope | None:
    """The least-squares slope through the means of batches of consecutive samples; None below two samples a batch.

    Samples taken soon after one another resemble each other, and a line through all of them would seem far surer than
    it is. The means of long batches hardly do, so the residuals of a line through these give an honest standard error,
    with the Student-t quantile of two degrees of freedom less than there are batches (A. M. Law, Simulation Modeling
    and Analysis, 5th edition, 2015, section 9.5.3, on batch means). Raises ValueError where the two differ in length.
    """
    if len(times) != len(values):
        raise ValueError(f"{len(times)} times for {len(values)} values")
    if len(times) < 2 * BATCHES:
        return None
    moments = np.array([batch.mean() for batch in np.array_split(np.asarray(times, dtype=np.float64), BATCHES)])
    means = np.array([batch.mean() for batch in np.array_split(np.asarray(values, dtype=np.float64), BATCHES)])
    away = moments - moments.mean()
    spread = float((away**2).sum())
    if not spread:
        return None
    found = float((away * means).sum()) / spread
    residuals = means - means.mean() - found * away
    error = math.sqrt(float((residuals**2).sum()) / (BATCHES - 2) / spread)
    reach = -float(stdtrit(np.float64(BATCHES - 2), (1 - confidence) / 2)) * error
    return Slope(found, found - reach, found + reach, confidence)
