"""One interface for reading what a stack has used, whatever it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from benchmarks.target import ContainerRef, ProcessTree, Subject


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since the start of the stack, and the memory that it holds now."""

    cpu_s: float
    memory_mib: float


class Meter(Protocol):
    """Reads the usage of one stack; a stack that has ended raises ProcessLookupError."""

    def read(self) -> Usage:
        """The usage now."""


def meter_of(subject: Subject) -> Meter | None:
    """The meter for a subject, or None where nothing can be read from here."""
    match subject:
        case ProcessTree(pid):
            from benchmarks.observe.process_tree import ProcessTreeMeter  # noqa: PLC0415 - psutil only here

            return ProcessTreeMeter(pid)
        case ContainerRef(container_id):
            from benchmarks.observe.container import ContainerMeter  # noqa: PLC0415 - the SDK only here

            return ContainerMeter(container_id)
        case _:
            return None
