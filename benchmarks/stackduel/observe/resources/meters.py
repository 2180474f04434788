"""The meter for a stack in processes or containers."""

from __future__ import annotations

from stackduel.model.target import Behind, ContainerRef, ProcessTree, Several, Subject
from stackduel.observe.resources.container_meter import ContainerMeter
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import Meter, SumMeter


def meter_of(subject: Subject) -> Meter | None:
    """Return the meter for a subject; None if its usage cannot be read from here."""
    match subject:
        case ProcessTree(pid):
            return ProcessTreeMeter(pid)
        case ContainerRef(container_id):
            return ContainerMeter(container_id)
        case Behind(server):
            return meter_of(server)
        case Several(parts):
            meters = [meter for part in parts if (meter := meter_of(part)) is not None]
            # A partial sum would look like the whole.
            return SumMeter(meters) if len(meters) == len(parts) else None
        case _:
            return None
