"""What a stack has used, and the interface of whatever reads it."""

from __future__ import annotations

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
