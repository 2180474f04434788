"""The interleaved order of a run's trials."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable

from stackduel.model.plan_step import AnyStep, IsolatedStep, PlanStep
from stackduel.model.suite import Suite
from stackduel.model.trial import Place


def interleaved(suite: Suite, stacks: Collection[str], seed: int) -> tuple[AnyStep, ...]:
    """Return the steps of all blocks: each holds its stacks once, and every model alone, in an order drawn anew.

    ``seed`` fixes the orders. A drift of the host's speed then affects all stacks alike, not the last one measured.
    """
    draw = random.Random(seed)  # noqa: S311 - an order, not a secret
    steps: list[AnyStep] = []
    for block in range(1, suite.blocks + 1):
        order: list[AnyStep] = [PlanStep(block, stack, suite.scenarios) for stack in suite.stacks_in(block, stacks)]
        order += [IsolatedStep(block, model) for model in (suite.models if suite.isolated else ())]
        draw.shuffle(order)
        steps += order
    return tuple(steps)


def remaining(
    steps: Iterable[AnyStep], done: Collection[Place], alone: Collection[IsolatedStep] = ()
) -> tuple[AnyStep, ...]:
    """Return the steps without the trials that are ``done`` and the models that were measured ``alone``."""
    open_steps: list[AnyStep] = []
    for step in steps:
        if isinstance(step, IsolatedStep):
            open_steps += [] if step in alone else [step]
            continue
        scenarios = tuple(
            scenario for scenario in step.scenarios if Place(step.stack, scenario.name, step.block) not in done
        )
        if scenarios:
            open_steps.append(PlanStep(step.block, step.stack, scenarios))
    return tuple(open_steps)


def trials_in(steps: Iterable[AnyStep]) -> int:
    """Return the number of trials in the steps."""
    return sum(len(step.scenarios) for step in steps if isinstance(step, PlanStep))
