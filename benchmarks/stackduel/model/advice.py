"""The advice on a run and on each of its scenarios, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AdviceKind = Literal["change", "no change", "inconclusive", "mixed", "not tested"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and the figures behind it; None where the kind of advice has no such figure.

    ``speedup`` over the baseline lies between ``low`` and ``high``; they are those of ``stack``, or of ``best`` where
    no stack is advised, and over several scenarios geometric means. ``share_of_best`` is the part of ``best``'s gain
    that ``stack`` gives, and ``minutes`` how much longer the measurement of an inconclusive one would have to be.
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


@dataclass(frozen=True, slots=True)
class RunAdvice:
    """The advice on all scenarios of a run together, and on each of them alone."""

    run: Advice
    scenarios: Mapping[str, Advice]
