"""A run of a scaling made up for tests: two stacks on some numbers of cores."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from stackduel.analysis.scaling import with_scaling
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingArm, ScalingSettings
from stackduel.model.stack_facts import StackFacts
from tests.stackduel.makers import WAITING, run, trial

SCENARIO = WAITING.name
CONTENTION = {"slow": 0.3, "fast": 0.05}


def settings_for(counts: tuple[int, ...], shared: int | None = None) -> ScalingSettings:
    """Return the settings of both stacks; on ``shared`` cores the generator has one of them."""
    return ScalingSettings(
        tuple(
            ScalingArm(f"{stack}.{cores}-core{'s' if cores > 1 else ''}", stack, cores, cores == shared)
            for stack in CONTENTION
            for cores in counts
        )
    )


def scaling_run(counts: tuple[int, ...], shared: int | None = None, leap: int | None = None) -> Run:
    """Return a run of five blocks with its results; with ``leap`` cores both stacks serve half as much."""
    settings = settings_for(counts, shared)
    results = tuple(
        trial(arm.name, _requests(arm, block, leap), block=block, scenario=SCENARIO)
        for block in range(1, 6)
        for arm in settings.arms
    )
    made = run(list(results), scenarios=(WAITING,))
    suite = replace(
        made.suite, name="scaling", search=settings, stacks=tuple(arm.name for arm in settings.arms), blocks=5
    )
    stacks = {arm.name: StackFacts("baseline", arm.stack, cores=arm.cores) for arm in settings.arms}
    whole = replace(made, suite=suite, stacks=stacks, baseline=settings.arms[0].name, planned=len(results))
    return with_scaling(whole, settings)


def _requests(arm: ScalingArm, block: int, leap: int | None) -> int:
    lost = 1 + CONTENTION[arm.stack] * (arm.cores - 1)
    wobble = math.exp(random.Random(f"{arm.name} {block}").gauss(0, 0.02)) * (1 + block / 20)
    return round((500 if arm.cores == leap else 1000) * arm.cores / lost * wobble)
