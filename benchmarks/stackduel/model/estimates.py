"""Estimates with their confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.comparison import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Median:
    """A median and its confidence interval; the bounds are None if there were too few values."""

    value: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope per unit of time and its confidence interval."""

    value: float
    low: float
    high: float
    confidence: float = CONFIDENCE
