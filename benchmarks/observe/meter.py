"""The meter for a stack, whatever it runs in."""

from __future__ import annotations

from benchmarks.observe.container import ContainerMeter
from benchmarks.observe.process_tree import ProcessTreeMeter
from benchmarks.observe.usage import Meter
from benchmarks.target import ContainerRef, ProcessTree, Subject


def meter_of(subject: Subject) -> Meter | None:
    """The meter for a subject, or None where nothing can be read from here."""
    match subject:
        case ProcessTree(pid):
            return ProcessTreeMeter(pid)
        case ContainerRef(container_id):
            return ContainerMeter(container_id)
        case _:
            return None
