"""A candidate against the baseline, and the ceiling of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stackduel.model.suite import Metric

Verdict = Literal["faster", "slower", "equivalent", "inconclusive", "not tested"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the baseline in one scenario, over so many ``blocks``.

    ``speedup`` above 1 is better, whatever the metric. ``low`` and ``high`` bound it with ``confidence``, and are None
    where too few blocks were measured. Within ``margin``, a share, is no difference; it is None without an A/A pair.
    Its least part is ``resolution``: what the windows could tell apart at all.
    ``noisy`` says that a trial behind it was kept in spite of the host's noise: it then makes nothing faster or slower.
    ``binds`` names the ceiling that the candidate reached, None where it reached none.
    """

    scenario: str
    baseline: str
    candidate: str
    metric: Metric
    speedup: float
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    verdict: Verdict = "not tested"
    noisy: bool = False
    blocks: int = 0
    margin: float | None = None
    resolution: float = 0.0
    binds: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """The ceiling of a stack in a scenario: ``binds`` names the one that it reached, None where it reached none.

    ``predicted_rps`` is the lowest ceiling known, None without any; the sentence shows the sum.
    """

    scenario: str
    stack: str
    binds: str | None
    predicted_rps: float | None
    measured_rps: float
    sentence: str


CONFIDENCE = 0.95
