"""A published claim on how much faster one stack is than another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeedupClaim:
    """The claim, in words, that ``stack`` is from ``low`` to ``high`` times as fast as ``baseline``.

    It is about ``scenarios``, or about all where it names none.
    """

    text: str
    stack: str
    baseline: str
    low: float
    high: float
    scenarios: tuple[str, ...] = ()
