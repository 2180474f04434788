"""Prices of CPU time and memory in the user's own currency, and the cost of a stack's requests at these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """The price of a core for an hour, and of a GiB of memory for an hour; no currency is named."""

    cpu_hour: float = 0.0
    gib_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class RequestCost:
    """The cost of a million right answers of a stack in a scenario, over so many ``blocks``.

    ``per_million`` is the geometric mean of the blocks, ``low`` and ``high`` bound it with a confidence of 95 % from
    five blocks on. All three are None where CPU and memory were not measured, and ``reason`` then says why.
    """

    scenario: str
    stack: str
    blocks: int
    per_million: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
