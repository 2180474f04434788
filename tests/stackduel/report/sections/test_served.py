"""Requests served and failed of a load at a fixed rate, with an interval from five blocks on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop, Scenario, Workload
from stackduel.report.sections import served
from stackduel.report.sections.blocks import Grid, Section
from tests.stackduel.makers import run, trial

ARRIVING = Scenario("arriving", (Workload("/slow-io?delay=0.1"),), OpenLoop(300.0, duration_s=2.0))


def limited(answered: Sequence[int], sent: int = 600) -> Run:
    """A run whose fast stack answers so many of the requests of each block, and whose slow one answers all."""
    trials = [
        trial(stack, right, block=block, scenario="arriving", metric="time", failed=sent - right)
        for block, each in enumerate(answered, 1)
        for stack, right in (("slow", sent), ("fast", each))
    ]
    return run(trials, scenarios=(ARRIVING,))


def rows(section: Section) -> tuple[tuple[str, ...], ...]:
    (grid,) = (each for each in section.blocks if isinstance(each, Grid))
    return grid.rows


def test_five_blocks_give_an_interval() -> None:
    """Of 380, 384, 388, 392 and 396 in two seconds: 194, and Student's t of four degrees of freedom around it."""
    (section,) = served.sections(limited((380, 384, 388, 392, 396)))
    slow, fast = rows(section)
    assert slow == ("slow", "5", "300 (300-300)", "0.00 (0.00-0.00)")
    # The standard deviation of 190, 192, 194, 196, 198 is 3.162, times 2.776 over the root of 5 is 3.93.
    assert fast == ("fast", "5", "194 (190-198)", "35.3 (34.0-36.6)")


def test_fewer_blocks_give_a_mean_alone() -> None:
    """Without an interval, and without pretending one."""
    (section,) = served.sections(limited((380, 400)))
    assert rows(section)[1] == ("fast", "2", "195", "35.0")


def test_an_interval_stays_within_what_is_possible() -> None:
    """No share is below 0 or above 100 %."""
    (section,) = served.sections(limited((600, 600, 600, 600, 590)))
    assert rows(section)[1][3].endswith("(0.00-1.26)")
    (section,) = served.sections(limited((0, 0, 0, 0, 10)))
    assert rows(section)[1][3].endswith("-100)")


@pytest.mark.parametrize("made", [limited((600,) * 5), run([trial("slow", 5, failed=3), trial("fast", 5)])])
def test_without_a_failure_or_a_fixed_rate_there_is_nothing(made: Run) -> None:
    """No table where all was served, and none of a closed loop, whose clients wait for their answers."""
    assert list(served.sections(made)) == []
