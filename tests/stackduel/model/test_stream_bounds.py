"""Which streams count for the goodput."""

from __future__ import annotations

from math import nan

import pytest

from stackduel.model.stream_bounds import StreamBounds
from stackduel.model.suite import ServiceLevel


def test_the_tightest_bound_of_each_time_counts() -> None:
    """A bound on the latency is nothing that one stream can keep."""
    levels = [
        ServiceLevel(*each) for each in (("ttft_p99_ms", 500), ("ttft_p50_ms", 200), ("p99_ms", 1), ("errors", 0))
    ]
    assert StreamBounds.of(levels) == StreamBounds(ttft_ms=200)
    assert StreamBounds.of(levels[2:]) is None


@pytest.mark.parametrize(
    ("ttft_s", "tpot_s", "kept"),
    [(0.1, 0.02, True), (0.3, 0.03, True), (0.31, 0.02, False), (0.1, 0.031, False), (0.1, nan, True)],
)
def test_a_stream_keeps_all_bounds_or_none(ttft_s: float, tpot_s: float, kept: bool) -> None:
    """A single token has no time to the next one."""
    assert StreamBounds(300, 30).kept_by(ttft_s, tpot_s) == kept
