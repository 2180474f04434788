"""Whether a stack kept one bound of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

LevelUnit = Literal["ms", "share", "rps", "mib"]


@dataclass(frozen=True, slots=True)
class ServiceLevelResult:
    """Whether a stack kept one bound of a scenario: ``measured`` and ``ok`` are None where too few requests tell.

    Its unit is that of the name (``unit``). ``reason`` says why nothing could be told.
    """

    scenario: str
    stack: str
    name: str
    bound: float
    measured: float | None
    ok: bool | None
    reason: str | None = None

    @property
    def unit(self) -> LevelUnit:
        """Return the unit of bound and measured."""
        return _UNITS.get(self.name, "ms")


ERRORS = "errors"
RATE = "rate_rps"
GROWTH = "growth_mib"
_UNITS: Mapping[str, LevelUnit] = {ERRORS: "share", RATE: "rps", GROWTH: "mib"}
