"""The universal scalability law, fitted to rates whose law is known."""

from __future__ import annotations

import math
import random

import pytest

from stackduel.analysis.statistics.scalability_law import fit_law

COUNTS = (1, 2, 4, 8)


def rate(cores: int, contention: float, coherency: float) -> float:
    return 1000 * cores / (1 + contention * (cores - 1) + coherency * cores * (cores - 1))


def wobbling(cores: int, block: int) -> float:
    """An error of about 2 %."""
    return math.exp(random.Random(f"{cores} {block}").gauss(0, 0.02))


def blocks(contention: float, coherency: float, counts: tuple[int, ...] = COUNTS) -> list[dict[int, float]]:
    """Five blocks on a host whose speed changes from each to the next."""
    return [
        {n: (1 + block / 4) * rate(n, contention, coherency) * wobbling(n, block) for n in counts} for block in range(5)
    ]


@pytest.mark.parametrize(("contention", "coherency"), [(0.05, 0.01), (0.2, 0.001), (0.0, 0.02)])
def test_a_law_is_found_again(contention: float, coherency: float) -> None:
    """The parameters lie in their intervals, whatever the host's speed was in a block, and so does the peak."""
    law = fit_law(blocks(contention, coherency, (1, 2, 4, 8, 16)))
    assert law is not None
    assert law.contention.low <= contention <= (law.contention.high or 1)
    assert law.coherency.low <= coherency <= (law.coherency.high or 1)
    assert law.misfit_p > 0.01
    assert law.peak_cores is not None
    assert law.peak_cores.low <= math.sqrt((1 - contention) / coherency) <= (law.peak_cores.high or math.inf)
    assert law.speedup(1) == 1


def test_rates_without_error_give_the_law_itself() -> None:
    """Then nothing is uncertain."""
    law = fit_law([{n: rate(n, 0.05, 0.01) for n in COUNTS}] * 5)
    assert law is not None
    found = (law.contention.value, law.coherency.value, law.rate_rps)
    assert found == pytest.approx((0.05, 0.01, 1000), rel=1e-3)


def test_a_straight_line_has_no_peak() -> None:
    """Twice the cores, twice the rate: neither parameter is shown to be above 0, and no peak is invented."""
    law = fit_law(blocks(0, 0))
    assert law is not None
    assert not law.contention.is_shown
    assert not law.coherency.is_shown
    assert law.peak_cores is None


def test_points_that_jump_are_called_off_the_law() -> None:
    """Rates that stand still and then leap follow no such law, and chance makes no such points."""
    law = fit_law([{n: each * {4: 0.5}.get(n, 1.0) for n, each in block.items()} for block in blocks(0.02, 0)])
    assert law is not None
    assert law.misfit_p < 1e-4


@pytest.mark.parametrize("counts", [(1,), (1, 2), (1, 2, 4)])
def test_fewer_than_four_points_are_no_curve(counts: tuple[int, ...]) -> None:
    """Three points fit any two parameters: nothing would be left to see whether they follow the law."""
    assert fit_law(blocks(0.05, 0.01, counts)) is None


def test_blocks_without_every_point_do_not_count() -> None:
    """Five whole blocks are needed, and others change nothing."""
    whole = blocks(0.05, 0.01)
    assert fit_law(whole[:4]) is None
    assert fit_law([*whole, {1: 1.0, 2: 9.0}]) == fit_law(whole)
