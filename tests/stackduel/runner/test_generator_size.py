"""How many cores the generator takes, from given null rates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.runner.generator_size import busiest, doublings, fewest_enough
from tests.stackduel.makers import CALLING, WAITING


@pytest.mark.parametrize(
    ("most", "counts"), [(1, (1,)), (2, (1, 2)), (4, (1, 2, 4)), (7, (1, 2, 4, 7)), (31, (1, 2, 4, 8, 16, 31))]
)
def test_doublings_and_the_most_are_measured(most: int, counts: tuple[int, ...]) -> None:
    """A host of many cores is looked at in a few steps."""
    assert doublings(most) == counts


@pytest.mark.parametrize(
    ("rates", "count"),
    [
        ({1: 40_000, 2: 41_000, 4: 39_000}, 1),  # a null server on one core is full already
        ({1: 40_000, 2: 78_000, 4: 150_000, 8: 160_000}, 4),  # on four cores
        ({1: 40_000, 2: 80_000, 4: 160_000, 8: 320_000, 16: 600_000, 31: 640_000}, 16),
        ({1: 40_000, 2: 80_000, 3: 120_000}, 3),  # all of them are not too many
    ],
)
def test_the_fewest_that_drive_the_null_server_as_fast_are_taken(rates: dict[int, float], count: int) -> None:
    """Those whose rate is within a tenth of the highest: more could not raise the headroom."""
    assert fewest_enough(rates) == count


def test_the_closed_loop_with_the_most_connections_is_measured() -> None:
    """It asks the most of the generator; open loops and fixed numbers of requests have no null rate."""
    large = replace(WAITING, name="large", load=ClosedLoop(64, duration_s=2.0))
    assert busiest((CALLING, WAITING, large)) is large
    assert busiest((CALLING, replace(WAITING, load=OpenLoop(10, 1.0)))) is None
