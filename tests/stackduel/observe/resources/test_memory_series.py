"""Samples over time that stay few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.observe.resources.memory_series import MOST_POINTS, MemorySeries


@given(st.integers(0, 5000))
def test_there_are_never_many_points_and_their_mean_is_that_of_the_samples(count: int) -> None:
    """However many samples: below the bound in number, in order, and each the mean of equally many."""
    series = MemorySeries()
    for at in range(count):
        series.add(float(at), 2.0 * at)
    points = series.points()
    assert len(points) < MOST_POINTS
    assert [point.t_s for point in points] == sorted(point.t_s for point in points)
    assert all(point.mib == pytest.approx(2 * point.t_s) for point in points)
    if count >= MOST_POINTS:
        assert len(points) >= MOST_POINTS // 2


def test_a_day_of_samples_stays_small() -> None:
    """Four samples a second for 24 hours: a straight line stays one, with no more points than a minute has samples."""
    series = MemorySeries()
    for at in range(24 * 3600 * 4):
        series.add(at / 4, 50 + at / 1e5)
    points = series.points()
    assert MOST_POINTS // 2 <= len(points) < MOST_POINTS
    assert points[-1].t_s > 24 * 3600 * 0.98
