"""The growth of memory within a window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.memory_growth import memory_growth
from stackduel.model.trial import Cost, Memory, Trial
from tests.stackduel.makers import trial


def grown(block: int, *mib: float) -> Trial:
    """A trial whose memory was read at these values."""
    made = trial("a", 100, block=block)
    return replace(made, cost=Cost(1.0, max(mib), tuple(Memory(float(n), each) for n, each in enumerate(mib))))


def test_a_server_that_leaks_by_a_known_amount() -> None:
    """Two MiB a window, give or take: the mean and an interval around it that leaves zero out."""
    growth = memory_growth([grown(block, 50.0, 70.0, 52.0 + 0.1 * (block % 2)) for block in range(1, 7)])
    assert growth is not None
    assert (growth.blocks, growth.requests, growth.first_mib) == (6, 100, 50.0)
    assert growth.grown_mib == pytest.approx(2.05)
    assert growth.low is not None
    assert growth.high is not None
    assert 1.9 < growth.low < 2.05 < growth.high < 2.2


@pytest.mark.parametrize(
    ("mib", "steady"),
    [
        pytest.param((50.0, 51.0, 52.0, 53.0), 3.0, id="leak"),
        pytest.param((50.0, 50.1, 50.2, 53.0), 0.3, id="table-enlarged-once"),
        pytest.param((50.0, 52.5, 53.0, 53.0), 0.0, id="pool-that-fills"),
        pytest.param((50.0, 53.0, 51.0, 53.0), -6.0, id="given-back-between"),
        pytest.param((50.0, 53.0), 3.0, id="nothing-between"),
    ],
)
def test_growth_is_steady_where_every_third_grows(mib: tuple[float, ...], steady: float) -> None:
    """Memory that a server takes once differs from what it goes on to take."""
    growth = memory_growth([grown(block, *mib) for block in range(1, 6)])
    assert growth is not None
    assert growth.grown_mib == pytest.approx(3.0)
    assert growth.steady_low == pytest.approx(steady)


def test_few_blocks_have_no_interval() -> None:
    """Four differences tell a mean and nothing of its spread."""
    growth = memory_growth([grown(block, 50.0, 51.0) for block in range(1, 5)])
    assert growth is not None
    assert (growth.grown_mib, growth.low, growth.high, growth.steady_low) == (1.0, None, None, None)


def test_memory_that_nobody_read_is_unknown() -> None:
    """A server elsewhere, and a window that was read once, have no growth: neither is zero."""
    assert memory_growth([trial("a", 10, cost=None), grown(2, 50.0)]) is None
