"""A stack's share of what the model reaches alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CeilingShare:
    """A stack's rate over that of the model alone, as the geometric mean of the ratios within each block.

    ``low`` and ``high`` bound it with ``confidence``, each share by itself; None where too few blocks were measured.
    ``ceiling_rps`` is the geometric mean of the rates that the model reached alone.
    """

    scenario: str
    stack: str
    model: str
    share: float
    low: float | None
    high: float | None
    confidence: float | None
    blocks: int
    ceiling_rps: float
