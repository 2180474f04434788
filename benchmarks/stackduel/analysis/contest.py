"""The contest of a run's candidates: each against its dearer rivals, and all against staying on the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.candidates import Candidate, Migration
from stackduel.analysis.leads import WORTH, BlockScores, Lead, lead
from stackduel.analysis.matrix import SMALLEST_BENEFIT
from stackduel.model.comparison import CONFIDENCE

# Candidates with their leads; a lead is None where too few quiet blocks have both stacks.
Rivals = Sequence[tuple[Candidate, Lead | None]]
# Staying on the baseline costs less than any change.
STAYING = -1


@dataclass(frozen=True, slots=True)
class AdviceInputs:
    """The facts that advice needs besides the comparisons.

    ``changes`` describes every candidate. ``ranks`` orders the tiers, the cheapest lowest. ``scores`` are those of the
    quiet blocks, by which candidates are compared with one another. ``block_s`` is the duration of a block, where it is
    known.
    """

    changes: Mapping[str, Migration]
    ranks: Mapping[str, int]
    scores: BlockScores
    block_s: float | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """The candidates that are slower nowhere and fail no more, each against its rivals and the baseline."""

    baseline: str
    scenarios: Sequence[str]
    candidates: Sequence[Candidate]
    inputs: AdviceInputs

    def rivals(self, stack: str, rank: int) -> Rivals:
        """Return every dearer candidate with its lead over a stack; they share the risk."""
        dearer = [each for each in self.candidates if each.rank > rank]
        risk = (1 - CONFIDENCE) / max(1, len(dearer))
        return [(each, lead(self.inputs.scores, self.scenarios, each.stack, stack, risk)) for each in dearer]

    @property
    def staying_is_beaten(self) -> bool:
        """Whether a candidate is shown to be faster than the baseline, and by more than ``WORTH``."""
        return any(
            each.mean.proven and (own.shown if own else each.mean.floor > WORTH)
            for each, own in self.rivals(self.baseline, STAYING)
        )

    def advisable(self) -> list[Candidate]:
        """Return the candidates that may gain and that no dearer one is shown to beat by more than ``WORTH``.

        Noise must not advise: one that is neither shown to gain nor tested against every dearer rival is left out,
        unless there is no other.
        """
        may_gain = [each for each in self.candidates if _may_exceed(each, SMALLEST_BENEFIT)]
        leads = [(each, [own for _, own in self.rivals(each.stack, each.rank)]) for each in may_gain]
        unbeaten = [(each, own) for each, own in leads if not any(one and one.shown for one in own)]
        known = [each for each, own in unbeaten if each.mean.proven or None not in own]
        return known or [each for each, _ in unbeaten]

    def unsettled(self) -> Rivals:
        """Return the candidates that may be more than ``WORTH`` faster than the baseline."""
        return [
            (each, own)
            for each, own in self.rivals(self.baseline, STAYING)
            if (not own.excluded if own else _may_exceed(each, WORTH))
        ]


def _may_exceed(candidate: Candidate, speedup: float) -> bool:
    """Return whether nothing shows that the candidate's mean speedup is no more than this."""
    return candidate.mean.high is None or candidate.mean.high > speedup
