"""How many blocks a comparison needs, decided once by its first blocks (the pilot)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from stackduel.analysis.conclusion import blocks_after_pilot
from stackduel.analysis.detectable_change import CHANGE, OUT_OF_REACH, detectable_change
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.plan_step import AnyStep
from stackduel.model.run import Run
from stackduel.planning.ablation_size import blocks_within
from stackduel.planning.estimates import total_seconds
from stackduel.planning.order import interleaved, trials_in
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
        left_s = plan.options.time_budget_s - plan.preflight_s - spent_s
        most = min(most, suite.blocks + max(0, int(left_s / block_s)))
    return blocks_after_pilot(run.comparisons, suite.precision, most) or suite.blocks


def blocks_in_time(run: Run, plan: RunPlan, spent_s: float) -> int:
    """Return how many blocks an ablation gets, at the pace of its first one, which took ``spent_s``."""
    settings, budget_s = plan.suite.search, plan.options.time_budget_s
    if not isinstance(settings, AblationSettings) or budget_s is None:
        return run.suite.blocks
    left_s = budget_s - plan.preflight_s - spent_s
    return min(run.suite.blocks, blocks_within(settings, spent_s / len(settings.blocks[0]), left_s))


def with_fewer_blocks(run: Run, plan: RunPlan, blocks: int) -> Run:
    """Return the run of an ablation that ends after so many blocks."""
    suite = run.suite.with_blocks(blocks)
    return replace(run, suite=suite, planned=trials_in(interleaved(suite, plan.stacks, plan.seed)))


def block_seconds(plan: RunPlan, pilot: Sequence[AnyStep], spent_s: float) -> float:
    """Return how long a block takes at the pace of the ``pilot``'s steps, which took ``spent_s``."""
    return plan.block_s * (spent_s / total_seconds(pilot, plan.paces) if pilot else 1.0)


def too_few_blocks(run: Run, plan: RunPlan, blocks: int, spent_s: float) -> str | None:
    """Return a sentence on why ``blocks`` may miss a change of 10 %, and which time would do; None if they are enough.

    ``spent_s`` is how long the blocks so far took.
    """
    change = detectable_change(run.comparisons)
    if change is None or blocks >= change.needed:
        return None
    if replace(change, blocks=blocks).is_out_of_reach:
        return f"A change of {100 * CHANGE:g} % may be missed: {OUT_OF_REACH}."
    enough_s = plan.preflight_s + change.needed * spent_s / run.suite.blocks
    return (
        f"Results differ so much from launch to launch that it takes {change.needed} launches to find a change of "
        f"{100 * CHANGE:g} % almost always. The time holds {blocks}: try --time-budget {whole_minutes(enough_s)}."
    )


def whole_minutes(seconds: float) -> str:
    """Return a time as an option takes it, rounded up to minutes."""
    return f"{math.ceil(seconds / 60)}m"


def with_blocks(run: Run, blocks: int) -> Run:
    """Return the run with its number of blocks fixed, and its trials planned."""
    return replace(run, suite=run.suite.with_blocks(blocks), planned=run.planned // run.suite.blocks * blocks)
