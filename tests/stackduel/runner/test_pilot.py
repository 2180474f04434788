"""How many blocks a comparison gets after its pilot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.runner.pilot import blocks_needed, with_blocks
from tests.stackduel.makers import run, trial
from tests.stackduel.runner.fakes import plan_of

SCENARIO = Scenario("x", (Workload("/x"),), ClosedLoop(1, duration_s=2.0))
SUITE = Suite("s", "s", "old", ("old", "new"), 5, (SCENARIO,), precision=0.05, most_blocks=12)
TIERS = {"old": "baseline", "new": "code", "old.twin": "A/A"}
# From one block to the next the candidate's ratio spreads by 5 %, so that 5 % take more than the pilot's blocks.
SPREAD = (2000, 2100, 1900, 2100, 1900)


def piloted() -> Run:
    """A run whose pilot is done."""
    trials = [
        trial(name, SPREAD[block % 5] if name == "new" else 1000, block=block, scenario="x")
        for block in range(1, 6)
        for name in TIERS
    ]
    return conclude(replace(run(trials, TIERS, (SCENARIO,)), suite=SUITE, planned=15))


@pytest.mark.parametrize(
    ("budget_s", "spent_s", "block_s", "fixed"),
    [
        (None, 500, 100, 7),
        (1000, 500, 100, 7),
        (699, 500, 100, 6),
        (599, 500, 100, 5),
        (400, 500, 100, 5),
        (710, 500, 60, 7),
    ],
)
def test_no_block_is_added_that_the_time_does_not_hold(
    budget_s: float | None, spent_s: float, block_s: float, fixed: int
) -> None:
    """As many as the spread asks for, unless fewer fit into what is left of the time."""
    made = piloted()
    plan = plan_of(made, RunOptions(time_budget_s=budget_s))
    assert blocks_needed(made, plan, spent_s, block_s) == fixed


def test_a_number_that_was_fixed_stays() -> None:
    """A run that is resumed after its pilot does not look at the spread again, nor does one without a precision."""
    made = piloted()
    plan = plan_of(made)
    on_its_way = replace(made, suite=made.suite.with_blocks(6))
    assert blocks_needed(on_its_way, plan, 1.0, 1.0) == 6
    plain = replace(made, suite=replace(made.suite, precision=None))
    assert blocks_needed(plain, plan, 1.0, 1.0) == 5


def test_what_the_pilot_adds_counts_as_planned() -> None:
    """Every stack, its twin among them, in every scenario and block."""
    made = piloted()
    longer = with_blocks(made, 9)
    assert (longer.suite.blocks, longer.planned, longer.results) == (9, 27, made.results)
