"""Whether a published claim holds, by the interval of what was measured.

*reproduced*: the whole interval is at least as far from no change as the claim's nearer end. *refuted*: it is nearer
everywhere, and nothing is shown to change in the claim's direction. *explained*: it is nearer everywhere, and a smaller
change in that direction is shown. *inconclusive*: the claim's nearer end is within the interval, or the trials were
noisy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from stackduel.analysis.screening.published_claims import PublishedClaim
from stackduel.model.search_results.ablation import Effect, JudgedClaim, Judgement, SwitchEffects, change_text

# A longer time settles nothing that anybody waits for.
MOST_MINUTES = 7 * 24 * 60.0


def judge(
    claim: PublishedClaim, found: Effect, switches: Sequence[SwitchEffects], spent_min: float, *, noisy: bool = False
) -> JudgedClaim:
    """Return the claim beside what was measured in ``spent_min`` minutes.

    ``switches`` are all those of the scenario, with their effects.
    """
    judgement = "inconclusive" if noisy else judgement_of(claim, found)
    minutes = minutes_to_settle(claim, found, spent_min) if judgement == "inconclusive" else None
    return JudgedClaim(
        claim=claim.text,
        source=claim.source,
        switches=claim.switches,
        measure=claim.measure,
        claimed_low=claim.low,
        claimed_high=claim.high,
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        judgement=judgement,
        minutes=minutes,
        sentence=_sentence(claim, found, judgement, _carriers(claim, switches), minutes, noisy=noisy),
    )


def judgement_of(claim: PublishedClaim, found: Effect) -> Judgement:
    """Return what the interval says of a claim."""
    sign = 1 if claim.smallest >= 1 else -1
    # On this scale no change is 0, and what the claim promises is above it.
    low, high = sorted(sign * math.log(bound) for bound in (found.low, found.high))
    promised = sign * math.log(claim.smallest)
    if low >= promised:
        return "reproduced"
    if high >= promised:
        return "inconclusive"
    return "explained" if low > 0 else "refuted"


def minutes_to_settle(claim: PublishedClaim, found: Effect, spent_min: float) -> float | None:
    """Return about how many minutes in all would part the interval from the claim's nearer end, None without hope.

    An interval narrows with the square root of the time, so that it takes the square of how many times too wide it is.
    """
    distance = abs(math.log(found.ratio / claim.smallest))
    reach = math.log(found.high / found.low) / 2
    if not distance or not spent_min:
        return None
    minutes = spent_min * max(1.0, reach / distance) ** 2
    return minutes if minutes <= MOST_MINUTES else None


def _carriers(claim: PublishedClaim, switches: Sequence[SwitchEffects]) -> list[str]:
    """Return the switches that are shown to change the measure as the claim says, the strongest first."""
    sign = 1 if claim.smallest >= 1 else -1
    found = [(each.switch, effect) for each in switches if (effect := each.of(claim.measure))]
    shown = [(name, sign * math.log(effect.ratio)) for name, effect in found if effect.is_shown]
    return [name for name, size in sorted(shown, key=lambda pair: -pair[1]) if size > 0]


def _sentence(
    claim: PublishedClaim,
    found: Effect,
    judgement: Judgement,
    carriers: Sequence[str],
    minutes: float | None,
    *,
    noisy: bool,
) -> str:
    text = f"measured {change_text(found)}"
    if noisy:
        return f"{text}; the host was too noisy to judge by it"
    if judgement == "explained":
        by = f", by {', '.join(carriers[:3])}" if carriers and not claim.switches else ""
        return f"{text}: a gain is there, and smaller than claimed{by}"
    if judgement == "refuted":
        return f"{text}: no gain is shown, and as much as claimed is ruled out"
    if judgement == "reproduced":
        return f"{text}: at least as much as claimed"
    if minutes is None:
        return f"{text}: too near to the claim's lower end to be told from it"
    return f"{text}: about {math.ceil(minutes)} minutes in all would settle it"
