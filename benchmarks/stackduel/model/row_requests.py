"""The requests that a workload with rows of values stands for: one for each row."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.placeholders import filled
from stackduel.model.suite import Workload


def requests_of(workload: Workload) -> tuple[Workload, ...]:
    """Return the request of each row with its values filled in; the workload itself where it has no rows."""
    values = workload.values
    if values is None:
        return (workload,)
    plain = replace(workload, values=None)
    return tuple(filled(plain, dict(zip(values.names, row, strict=True)), {}) for row in values.rows)
