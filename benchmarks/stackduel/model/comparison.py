"""A candidate against the baseline, and the ceiling of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stackduel.model.suite import Metric

Verdict = Literal["faster", "slower", "equivalent", "inconclusive", "not tested"]
SpeedupSize = Literal["uncertain", "at_least"]


@dataclass(frozen=True, slots=True)
class FailureExcess:
    """A candidate that is shown to fail more of its requests than the baseline: both shares over all blocks.

    ``low`` is the lower bound of their difference, and ``outcome`` how most of the candidate's failed requests ended.
    """

    share: float
    baseline_share: float
    low: float
    outcome: str


@dataclass(frozen=True, slots=True)
class FailureSuspicion:
    """A candidate that failed far more of its requests than the baseline, while that is not shown: both shares.

    ``outcome`` is how most of the candidate's failed requests ended. ``blocks`` is how many blocks would show that it
    fails more if they went on as those measured; None where that would take too many.
    """

    share: float
    baseline_share: float
    outcome: str
    blocks: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the baseline in one scenario, over so many ``blocks``.

    ``speedup`` above 1 is better, whatever the metric. ``low`` and ``high`` bound it with ``confidence``, and are None
    where too few blocks were measured. Within ``margin``, a share, is no difference; it is None without an A/A pair.
    Its least part is ``resolution``: what the windows could tell apart at all.
    ``noisy`` says that a trial behind it was kept in spite of the host's noise: it then gives no size.
    ``size`` is None where the interval gives it. "uncertain": faster or slower in every block by more than noise can
    explain, and how much is unknown: ``low`` and ``high`` are None, and ``speedup`` claims nothing. "at_least": the
    generator could not saturate one side, so only one bound is known: ``low`` (the speedup is at least this), or
    ``high`` where that side is the baseline (at most this).
    ``binds`` names the ceiling that the candidate reached, None where it reached none. ``failures`` is None unless the
    candidate is shown to fail more requests than the baseline: it is then never faster. ``suspected`` says that it
    failed far more without being shown to: it is then not advised.
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
    size: SpeedupSize | None = None
    failures: FailureExcess | None = None
    suspected: FailureSuspicion | None = None


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
