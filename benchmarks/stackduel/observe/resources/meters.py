"""The meter for a stack, whatever it runs in."""

from __future__ import annotations

from stackduel.model.target import ContainerRef, ProcessTree, Several, Subject
from stackduel.observe.resources.container_meter import ContainerMeter
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import Meter, SumMeter


def meter_of(subject: Subject) -> Meter | None:
    """The meter for a subject, or None where nothing can be read from here."""
    match subject:
        case ProcessTree(pid):
            return ProcessTreeMeter(pid)
        case ContainerRef(container_id):
            return ContainerMeter(container_id)
        case Several(parts):
            meters = [meter for part in parts if (meter := meter_of(part)) is not None]
            # The sum of some would pass for the whole.
            return SumMeter(meters) if len(meters) == len(parts) else None
        case _:
            return None
