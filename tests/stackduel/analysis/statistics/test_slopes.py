"""Slopes of series whose neighbours resemble each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from stackduel.analysis.statistics.slopes import slope


def resembling(count: int, rho: float, draw: np.random.Generator) -> list[float]:
    """A first-order autoregressive series with unit variance."""
    values = [float(draw.standard_normal())]
    for _ in range(count - 1):
        values.append(rho * values[-1] + (1 - rho**2) ** 0.5 * float(draw.standard_normal()))
    return values


def test_a_straight_line_is_found_exactly() -> None:
    """Without noise the bounds are the slope itself."""
    times = [0.5 * at for at in range(100)]
    found = slope(times, [3.0 + 2.0 * time for time in times])
    assert found is not None
    assert [found.value, found.low, found.high] == pytest.approx([2.0, 2.0, 2.0])


def test_too_few_samples_have_no_slope() -> None:
    """Two samples a batch are the least; all at one moment are none either."""
    assert slope(list(range(19)), [1.0] * 19) is None
    assert slope(list(range(20)), [1.0] * 20) is not None
    assert slope([1.0] * 40, [1.0] * 40) is None
    with pytest.raises(ValueError, match="2 times for 1 values"):
        slope([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("rho", "truth"), [(0.0, 0.0), (0.0, 0.02), (0.8, 0.0), (0.8, -0.05)])
def test_the_interval_covers_the_truth_as_often_as_it_says(rho: float, truth: float) -> None:
    """Also where neighbours resemble each other: 240 samples, of which each remembers four fifths of the one before."""
    draw = np.random.default_rng(11)
    times = np.arange(240.0)
    runs, hits = 600, 0
    for _ in range(runs):
        found = slope(times.tolist(), (truth * times + resembling(240, rho, draw)).tolist())
        assert found is not None
        hits += found.low <= truth <= found.high
    # Batches still resemble each other a little where samples do so much: 92 % is then what can be asked for.
    assert binomtest(hits, runs, 0.95 if rho == 0 else 0.92, alternative="less").pvalue > 0.01


def test_a_line_through_all_samples_would_not() -> None:
    """Why there are batches: least squares on the samples themselves misses the truth far too often."""
    draw = np.random.default_rng(11)
    times = np.arange(240.0)
    away = times - times.mean()
    missed = 0
    for _ in range(300):
        values = np.array(resembling(240, 0.8, draw))
        found = float((away * values).sum() / (away**2).sum())
        residuals = values - values.mean() - found * away
        error = float(np.sqrt((residuals**2).sum() / 238 / (away**2).sum()))
        missed += abs(found) > 1.97 * error
    assert missed > 0.2 * 300
