"""The settings of a scaling: each stack on one core, on two, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct

from stackduel.model.counted import counted


@dataclass(frozen=True, slots=True)
class ScalingArm:
    """A stack on so many cores, under a name of its own; ``shared`` says that the generator has one of them, too."""

    name: str
    stack: str
    cores: int
    shared: bool = False


class ScalingSettings(Struct, frozen=True, tag_field="mode", tag="scaling"):
    """The arms of a scaling, in the order of their stacks and cores; none before the host's cores are known."""

    mode: ClassVar[str] = "scaling"
    arms: tuple[ScalingArm, ...] = ()

    @property
    def goal(self) -> str:
        """Return the goal of the scaling in a few words."""
        return f"the throughput on {self.counts_text}"

    @property
    def counts_text(self) -> str:
        """The numbers of cores: ``1, 2 and 4 cores``."""
        *first, last = self.counts or (1,)
        return f"{', '.join(map(str, first))} and {last} cores" if first else counted(last, "core")

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of cores that are measured, the least first."""
        return tuple(sorted({arm.cores for arm in self.arms}))

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that are measured, each once."""
        return tuple(dict.fromkeys(arm.stack for arm in self.arms))

    def arms_of(self, stack: str) -> tuple[ScalingArm, ...]:
        """Return the arms of a stack."""
        return tuple(arm for arm in self.arms if arm.stack == stack)
