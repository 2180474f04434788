"""The index of dispersion against counts of known processes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from stackduel.analysis.statistics.dispersion import index_of_dispersion, is_poisson


def test_the_index_is_the_variance_over_the_mean() -> None:
    """By hand: a mean of 4 and a variance of 8; equal counts have none."""
    assert index_of_dispersion([2, 2, 8, 4, 4]) == pytest.approx(6 / 4)
    assert index_of_dispersion([3, 3, 3]) == 0


def test_poisson_counts_are_seldom_called_anything_else() -> None:
    """One in a hundred is, at most by chance more often, at a low rate as well."""
    draw = np.random.default_rng(1)
    for mean in (3.0, 60.0):
        wrong = sum(not is_poisson(draw.poisson(mean, 600).tolist()) for _ in range(400))
        assert binomtest(wrong, 400, 0.01, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("index", [0.5, 2.0])
def test_other_counts_are_not_called_poisson(index: float) -> None:
    """Half or twice the dispersion shows in ten minutes of seconds."""
    draw = np.random.default_rng(2)
    counts = draw.binomial(100, 1 - index, 600) if index < 1 else draw.negative_binomial(50, 1 / index, 600)
    assert not is_poisson(counts.tolist())
