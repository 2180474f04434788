"""Whether a stack keeps its memory budget while it is loaded."""

from __future__ import annotations

from stackduel.observe.resources.resource_watch import read
from stackduel.observe.resources.usage import Meter


class MemoryGuard:
    """Compares a stack's memory with its budget whenever it is asked; ``used_mib`` is what was over it."""

    def __init__(self, meter: Meter | None, budget_mib: float) -> None:
        self.budget_mib = budget_mib
        self.used_mib: float | None = None
        self._meter = meter

    def is_kept(self) -> bool:
        """Return whether the stack keeps its budget now; True where its memory cannot be read."""
        glance = read(self._meter, exactly=False)
        if glance is None or glance.memory_mib <= self.budget_mib:
            return True
        usage = read(self._meter)
        if usage is None or usage.memory_mib <= self.budget_mib:
            return True
        self.used_mib = usage.memory_mib
        return False
