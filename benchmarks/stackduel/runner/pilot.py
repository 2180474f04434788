"""How many blocks a comparison needs, decided once by its first blocks (the pilot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.analysis.conclusion import blocks_after_pilot
from stackduel.model.plan_step import AnyStep
from stackduel.model.run import Run
from stackduel.planning.estimates import total_seconds
from stackduel.planning.run_plan import RunPlan


def blocks_needed(run: Run, plan: RunPlan, spent_s: float, block_s: float) -> int:
    """Return the total number of blocks, from the variation in the pilot and the time that is left.

    ``spent_s`` is how long the run has taken, ``block_s`` how long a block takes at the pace so far.
    """
    suite = run.suite
    is_fixed = suite.blocks != plan.suite.blocks
    if suite.precision is None or is_fixed:
        return suite.blocks
    most = suite.most_blocks
    if plan.options.time_budget_s is not None:
        left_s = plan.options.time_budget_s - spent_s
        most = min(most, suite.blocks + max(0, int(left_s / block_s)))
    return blocks_after_pilot(run.comparisons, suite.precision, most) or suite.blocks


def block_seconds(plan: RunPlan, pilot: Sequence[AnyStep], spent_s: float) -> float:
    """Return how long a block takes at the pace of the ``pilot``'s steps, which took ``spent_s``."""
    return plan.block_s * (spent_s / total_seconds(pilot, plan.paces) if pilot else 1.0)


def with_blocks(run: Run, blocks: int) -> Run:
    """Return the run with its number of blocks fixed, and its trials planned."""
    trials = len(run.suite.scenarios) * len(run.stacks) * blocks
    return replace(run, suite=run.suite.with_blocks(blocks), planned=trials)
