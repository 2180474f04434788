"""Published claims beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from stackduel.model.comparison import Comparison
from stackduel.model.run import Run
from stackduel.model.speedup_claim import SpeedupClaim

ClaimWord = Literal["reproduced", "explained", "refuted", "inconclusive", "not tested", "scaled down"]


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim in one scenario: the comparison of its two stacks, and what that makes of it."""

    claim: SpeedupClaim
    comparison: Comparison
    word: ClaimWord


def claim_results(run: Run) -> Iterator[ClaimResult]:
    """Yield each claim of the suite in each scenario in which its two stacks were compared."""
    scaled = {scenario.name for scenario in run.suite.scenarios if scenario.published}
    for claim in run.suite.claims or ():
        for each in run.comparisons:
            about = (each.candidate, each.baseline) == (claim.stack, claim.baseline)
            if about and each.scenario in (claim.scenarios or (each.scenario,)):
                # A claim is about the published request, and a scaled one decides nothing on it.
                word = "scaled down" if each.scenario in scaled else claim_word(claim, each)
                yield ClaimResult(claim, each, word)


def claim_word(claim: SpeedupClaim, compared: Comparison) -> ClaimWord:
    """Return what a comparison makes of a claim.

    Reproduced: the whole interval is at least the lower end of what was claimed. Explained: a gain is shown, and the
    claimed size is ruled out. Refuted: the claimed size is ruled out, and no gain is shown. The interval is widened by
    the margin, within which the baseline differed from its own twin. Else nothing is decided: on a noisy host, and
    where only a side is known.
    """
    if compared.verdict == "not tested":
        return "not tested"
    if compared.low is None or compared.high is None or compared.noisy:
        return "inconclusive"
    margin = 1 + (compared.margin or 0.0)
    if compared.low / margin >= claim.low:
        return "reproduced"
    if compared.high * margin >= claim.low:
        return "inconclusive"
    return "explained" if compared.verdict == "faster" else "refuted"
