"""Simulated blocks of a stack whose scalability law is known, and how often its intervals hold the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stackduel.analysis.statistics.scalability_law import fit_law
from stackduel.model.comparison import CONFIDENCE
from stackduel.model.search_results.scaling import ScalabilityLaw

BLOCKS = 5
# Rates differ by about this much from launch to launch, and the host's speed from block to block.
SPREAD, DRIFT = 0.03, 0.1
FEW, MANY = (1, 2, 4, 8), (1, 2, 4, 8, 16, 32)
# The contention and the coherency: none, either, both.
TRUTHS = ((0.0, 0.0), (0.05, 0.0), (0.02, 0.001), (0.1, 0.0005), (0.02, 0.02))


@dataclass(frozen=True, slots=True)
class Tally:
    """Of so many fits: whose interval held the contention, or the coherency; those with a peak; those off the law."""

    runs: int
    contention: int
    coherency: int
    peaks: int
    misfits: int


def laws(
    truth: tuple[float, float], counts: tuple[int, ...], runs: int, seed: int, confidence: float = CONFIDENCE
) -> Iterator[ScalabilityLaw]:
    """Yield the fits to simulated runs of ``BLOCKS`` blocks, with lognormal errors."""
    draw = np.random.default_rng(seed)
    contention, coherency = truth
    for _ in range(runs):
        blocks = []
        for _ in range(BLOCKS):
            one = 1000 * math.exp(draw.normal(0, DRIFT))
            lost = {n: 1 + contention * (n - 1) + coherency * n * (n - 1) for n in counts}
            blocks.append({n: one * n / lost[n] * math.exp(draw.normal(0, SPREAD)) for n in counts})
        law = fit_law(blocks, confidence)
        assert law is not None
        yield law


def tally(
    truth: tuple[float, float], counts: tuple[int, ...], runs: int, seed: int, confidence: float = CONFIDENCE
) -> Tally:
    """Return how many of so many fits hold the truth."""
    found = list(laws(truth, counts, runs, seed, confidence))
    contention, coherency = truth
    return Tally(
        runs,
        sum(each.contention.low <= contention <= (each.contention.high or math.inf) for each in found),
        sum(each.coherency.low <= coherency <= (each.coherency.high or math.inf) for each in found),
        sum(each.peak_cores is not None for each in found),
        sum(each.misfit_p < 0.01 for each in found),
    )
