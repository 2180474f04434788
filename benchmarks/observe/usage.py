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


class Meter(Protocol):
    """Reads the usage of one stack; a stack that has ended raises ProcessLookupError."""

    def read(self) -> Usage:
        """The usage now."""


@dataclass(frozen=True, slots=True)
class SumMeter:
    """Reads several meters as one: a stack of several servers."""

    meters: Sequence[Meter]

    def read(self) -> Usage:
        """The sum now; raises ProcessLookupError once any of them has ended."""
        readings = [meter.read() for meter in self.meters]
        return Usage(sum(each.cpu_s for each in readings), sum(each.memory_mib for each in readings))
