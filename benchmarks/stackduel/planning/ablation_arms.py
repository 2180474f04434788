"""The arms of an ablation: one stack with its switches in all the ways that the design asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from stackduel.analysis.screening.designs import Levels, full_factorial, mirrored, plackett_burman
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.ablation_settings import ALL_OFF, ALL_ON, AblationSettings, Arm
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.registry import variant_of

FIRST_PAIRS = (FEWEST_BLOCKS // 2, FEWEST_BLOCKS - FEWEST_BLOCKS // 2)
# Blocks of everything off and everything on behind each replicate but the first two.
LATER_PAIRS = 1


class ArmsByBlock(NamedTuple):
    """The arms of a design, and the names of those that each block holds."""

    arms: tuple[Arm, ...]
    blocks: tuple[tuple[str, ...], ...]


def screening_arms(switches: Sequence[str], runs: int, replicates: int) -> ArmsByBlock:
    """Return the arms of a Plackett-Burman design and its mirror image, in blocks that hold one or the other in turn.

    Behind each are blocks that hold everything off and everything on alone: enough of them for an interval behind the
    first two replicates, so that the run can end after any two.
    """
    rows = plackett_burman(runs)
    plain = [_arm(f"arm-{number:02}", row, switches, number) for number, row in enumerate(rows, 1)]
    # In the last row everything is off.
    plain[-1] = replace(plain[-1], name=ALL_OFF)
    images = [_arm(f"arm-{number:02}-mirrored", row, switches, number) for number, row in enumerate(mirrored(rows), 1)]
    images[-1] = replace(images[-1], name=ALL_ON)
    halves = (tuple(arm.name for arm in plain), tuple(arm.name for arm in images))
    blocks: list[tuple[str, ...]] = []
    for replicate in range(replicates):
        pairs = FIRST_PAIRS[replicate] if replicate < len(FIRST_PAIRS) else LATER_PAIRS
        blocks += [halves[replicate % 2], *[(ALL_OFF, ALL_ON)] * pairs]
    return ArmsByBlock((*plain, *images), tuple(blocks))


def factorial_arms(switches: Sequence[str], replicates: int) -> ArmsByBlock:
    """Return an arm for every combination of the switches, each once in every block."""
    rows = full_factorial(len(switches))
    arms = [_arm("-".join(_on(row, switches)), row, switches) for row in rows]
    arms[0], arms[-1] = replace(arms[0], name=ALL_OFF), replace(arms[-1], name=ALL_ON)
    return ArmsByBlock(tuple(arms), (tuple(arm.name for arm in arms),) * replicates)


def arm_stacks(suite: Suite, known: Mapping[str, Stack]) -> dict[str, Stack]:
    """Return the arms of a suite's ablation by name, none where it is no ablation; raises FieldError."""
    settings = suite.search
    if not isinstance(settings, AblationSettings):
        return {}
    stack = known[settings.ablated]
    return {
        arm.name: replace(
            variant_of(stack, arm.name, settings.settings_of(arm)),
            summary=f"{settings.ablated} with {', '.join(arm.on) or 'nothing'} on",
        )
        for arm in settings.arms
    }


def _arm(name: str, row: Levels, switches: Sequence[str], pair: int | None = None) -> Arm:
    return Arm(name, _on(row, switches), pair)


def _on(row: Levels, switches: Sequence[str]) -> tuple[str, ...]:
    # A row may have columns without a switch.
    return tuple(name for name, level in zip(switches, row, strict=False) if level > 0)
