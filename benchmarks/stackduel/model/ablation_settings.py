"""The settings of an ablation: which switches of one stack are on in which run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from msgspec import Struct

ALL_OFF = "all-off"
ALL_ON = "all-on"

DesignName = Literal["plackett-burman", "full-factorial"]


@dataclass(frozen=True, slots=True)
class AblatedSwitch:
    """A setting of a stack's start with two values, and the scenarios whose requests it can make a difference to."""

    name: str
    title: str
    variable: str
    off: str
    on: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnmeasuredSwitch:
    """A switch that the ablation leaves as the stack has it, and why."""

    name: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Arm:
    """The stack with some switches on and all others off; ``pair`` is the number of the run that it mirrors or is."""

    name: str
    on: tuple[str, ...]
    pair: int | None = None


class AblationSettings(Struct, frozen=True, tag_field="mode", tag="ablation"):
    """The arms of an ablation, and which of them each block holds.

    ``ablated`` is the stack, and with ``chosen`` its user named the switches. Blocks that hold only ``all-off`` and
    ``all-on`` compare these two; all others belong to the ``design``.
    """

    mode: ClassVar[str] = "ablation"
    ablated: str
    design: DesignName
    switches: tuple[AblatedSwitch, ...]
    arms: tuple[Arm, ...]
    blocks: tuple[tuple[str, ...], ...]
    unmeasured: tuple[UnmeasuredSwitch, ...] = ()
    chosen: bool = False

    @property
    def goal(self) -> str:
        """Return the goal of the ablation in a few words."""
        count = len(self.switches)
        return f"what {count} switch{'' if count == 1 else 'es'} of {self.ablated} do{'es' if count == 1 else ''}"

    @property
    def design_blocks(self) -> tuple[int, ...]:
        """Return the numbers of the blocks that belong to the design."""
        ends = {ALL_OFF, ALL_ON}
        whole = self.design == "full-factorial"
        return tuple(number for number, arms in enumerate(self.blocks, 1) if whole or not ends.issuperset(arms))

    def settings_of(self, arm: Arm) -> dict[str, str]:
        """Return the variables of an arm's start."""
        return {each.variable: each.on if each.name in arm.on else each.off for each in self.switches}
