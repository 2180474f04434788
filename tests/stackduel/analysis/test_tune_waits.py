"""How many requests a server has to hold at once, by Little's law."""

from __future__ import annotations

import pytest

from stackduel.analysis.tune_waits import needed_slots


@pytest.mark.parametrize(
    ("wait_s", "cpu_s", "cores", "slots"),
    [
        pytest.param(0.2, 0.002, 1, 64, id="waits-more-than-arrives"),
        pytest.param(0.05, 0.005, 1, 11, id="waits"),
        pytest.param(0.05, 0.005, 4, 44, id="four-cores"),
        pytest.param(0.0, 0.002, 1, 1, id="computes"),
        pytest.param(0.1, 0.0, 1, 64, id="costs-nothing"),
    ],
)
def test_slots_follow_from_wait_cpu_and_cores(wait_s: float, cpu_s: float, cores: int, slots: int) -> None:
    """Cores / CPU time requests a second, each for its wait and its CPU time; never more than arrive."""
    assert needed_slots(wait_s, cpu_s, cores, connections=64) == slots
