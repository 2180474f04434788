"""The advice on a run and on each of its scenarios, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AdviceKind = Literal["change", "no change", "inconclusive", "mixed", "not tested"]


@dataclass(frozen=True, slots=True)
class DearerChange:
    """The gain of a dearer change over the advised one, or over staying: a ratio with one-sided bounds."""

    stack: str
    tier: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """An advice, its ``reason`` and the figures behind it; None where this kind of advice has no such figure.

    ``speedup`` over the baseline lies between ``low`` and ``high``; they are those of ``stack``, or of ``best`` where
    no stack is advised, and over several scenarios geometric means. ``share_of_best`` is the part of ``best``'s gain
    that ``stack`` gives, and ``minutes`` how much longer the measurement of an inconclusive one would have to be.
    ``proven`` says whether ``stack`` is itself shown to be faster than the baseline. ``dearer`` is what the dearer
    changes would buy over ``stack``, or over the baseline where no stack is advised; a ratio from ``detectable`` on
    would have been shown to be worth a dearer change.
    """

    kind: AdviceKind
    sentence: str
    stack: str | None = None
    tier: str | None = None
    speedup: float | None = None
    low: float | None = None
    high: float | None = None
    best: str | None = None
    share_of_best: float | None = None
    minutes: float | None = None
    reason: str | None = None
    proven: bool | None = None
    detectable: float | None = None
    dearer: tuple[DearerChange, ...] | None = None


@dataclass(frozen=True, slots=True)
class RunAdvice:
    """The advice on all scenarios of a run together, and on each of them alone."""

    run: Advice
    scenarios: Mapping[str, Advice]
