"""What a stack has used, and the interface of whatever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since the start of the stack, and the memory that it holds now."""

    cpu_s: float
    memory_mib: float


class UsageSource(Protocol):
    """Where a stack's usage can be read; a stack that has ended raises ProcessLookupError."""

    def read(self) -> Usage:
        """The usage now."""


class Meter(UsageSource, Protocol):
    """Reads the usage of one stack, before and after a load as exactly as it can, and quickly while it is on."""

    def glance(self) -> Usage:
        """The usage now, by means that take next to nothing from the stack; what it shares is as it was last read."""


@dataclass(frozen=True, slots=True)
class SumMeter:
    """Reads several meters as one: a stack of several servers."""

    meters: Sequence[Meter]

    def read(self) -> Usage:
        """The sum now; raises ProcessLookupError once any of them has ended."""
        return _summed([meter.read() for meter in self.meters])

    def glance(self) -> Usage:
        """The sum now, quickly; raises as ``read`` does."""
        return _summed([meter.glance() for meter in self.meters])


def _summed(readings: Sequence[Usage]) -> Usage:
    return Usage(sum(each.cpu_s for each in readings), sum(each.memory_mib for each in readings))
