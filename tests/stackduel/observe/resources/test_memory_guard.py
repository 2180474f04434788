"""Whether a stack keeps its memory budget."""

from __future__ import annotations

import pytest

from stackduel.observe.resources.memory_guard import MemoryGuard
from stackduel.observe.resources.usage import Usage


class Meter:
    def __init__(self, glance_mib: float, read_mib: float) -> None:
        self._glance_mib, self._read_mib = glance_mib, read_mib

    def read(self) -> Usage:
        return Usage(1.0, self._read_mib)

    def glance(self) -> Usage:
        if self._glance_mib < 0:
            raise ProcessLookupError
        return Usage(1.0, self._glance_mib)


@pytest.mark.parametrize(
    ("meter", "kept", "used_mib"),
    [
        (None, True, None),
        (Meter(99, 0), True, None),
        (Meter(100, 0), True, None),
        (Meter(101, 90), True, None),
        (Meter(101, 120), False, 120),
        (Meter(-1, 0), True, None),
    ],
)
def test_a_budget_is_broken_by_an_exact_reading(meter: Meter | None, kept: bool, used_mib: float | None) -> None:
    """A glance over the budget is read exactly before anything is blamed; a stack that ended is somebody else's."""
    guard = MemoryGuard(meter, 100)
    assert guard.is_kept() is kept
    assert guard.used_mib == used_mib
