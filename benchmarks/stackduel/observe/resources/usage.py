"""The resources that a stack has used, and the interface of the meters that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since the start of the stack, and its current memory."""

    cpu_s: float
    memory_mib: float


class UsageSource(Protocol):
    """A source of a stack's usage; raises ProcessLookupError once the stack has ended."""

    def read(self) -> Usage:
        """Read the usage now."""


class Meter(UsageSource, Protocol):
    """Reads the usage of one stack: exactly before and after a load, quickly during it."""

    def glance(self) -> Usage:
        """Read the usage now at almost no cost for the stack; its shared memory is that of the last full reading."""


@dataclass(frozen=True, slots=True)
class SumMeter:
    """Reads several meters as one, for a stack of several servers."""

    meters: Sequence[Meter]

    def read(self) -> Usage:
        """Read the sum now; raises ProcessLookupError once any of them has ended."""
        return _summed([meter.read() for meter in self.meters])

    def glance(self) -> Usage:
        """Read the sum now, quickly; raises as ``read`` does."""
        return _summed([meter.glance() for meter in self.meters])


def _summed(readings: Sequence[Usage]) -> Usage:
    return Usage(sum(each.cpu_s for each in readings), sum(each.memory_mib for each in readings))
