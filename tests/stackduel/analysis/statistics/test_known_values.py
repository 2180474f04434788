"""Medians of values of which some are unknown."""

from __future__ import annotations

from stackduel.analysis.statistics.known_values import median_of_known


def test_unknown_values_are_left_out() -> None:
    """The median is that of the known values, and None without any."""
    assert median_of_known([3.0, None, 0.0, 2.0]) == 2.0
    assert median_of_known([None]) is None
    assert median_of_known([]) is None
