"""The cheapest sufficient change, in one plain sentence.

A candidate is *sufficient* when its lower bound reaches 90 % of the best candidate's gain. The advice names the
sufficient candidate in the lowest migration tier. The gain is the speedup less 1. Shares of the speedup itself would
mislead: staying at 1.00x would already be 91 % of a best speedup of 1.10x.

Over several scenarios the gain is that of the geometric mean. In addition, the lower bound must reach 90 % of the best
candidate's speed in every single scenario. With the mean alone, a large gain in one scenario could hide a loss in
another. With the gain of every single scenario alone, a gain of 5 % on one idle connection could demand a new framework
although a setting gives the same gain under load. In one scenario the second condition follows from the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from stackduel.analysis.candidates import Candidate, Migration, candidates_of, scenarios_of
from stackduel.analysis.comparisons import SMALLEST_BENEFIT
from stackduel.analysis.decision import MOST_BLOCKS_TO_SETTLE
from stackduel.model.advice import Advice, AdviceKind
from stackduel.model.comparison import Comparison

SUFFICIENT = 0.90
_QUIETER = "the host was busy; run again on a quieter one"


def advise(
    comparisons: Sequence[Comparison],
    changes: Mapping[str, Migration],
    ranks: Mapping[str, int],
    minutes: Mapping[tuple[str, str], float | None],
) -> Advice:
    """Return the advice that follows from the comparisons of one scenario, or of all scenarios of a run.

    ``changes`` describes every candidate. ``ranks`` orders the tiers, the cheapest lowest. ``minutes`` gives for
    (scenario, candidate) how long an inconclusive comparison needs to settle, None where unknown. The advice never
    names a control or a candidate that was not tested in every scenario. The comparisons must not contain the A/A twin.
    Raises KeyError on a candidate without a change or a tier without a rank.
    """
    candidates = candidates_of(comparisons, changes, ranks)
    if not candidates:
        return Advice("not tested", "Not tested: no candidate has an interval in every scenario.")
    never_slower = [each for each in candidates if "slower" not in each.verdicts]
    gaining = [each for each in never_slower if "faster" in each.verdicts and each.low > 1]
    if gaining:
        return _change(gaining, never_slower)
    unsettled = [each for each in never_slower if _unsettled(each)]
    if unsettled:
        return _inconclusive(_best(unsettled), minutes)
    mixed = [each for each in candidates if "faster" in each.verdicts]
    return _mixed(_best(mixed)) if mixed else _no_change(_best(candidates))


def advise_each(
    comparisons: Sequence[Comparison],
    changes: Mapping[str, Migration],
    ranks: Mapping[str, int],
    minutes: Mapping[tuple[str, str], float | None],
) -> dict[str, Advice]:
    """Return the advice for each scenario alone, as ``advise`` gives it."""
    return {
        scenario: advise([each for each in comparisons if each.scenario == scenario], changes, ranks, minutes)
        for scenario in scenarios_of(comparisons)
    }


def _best(candidates: Sequence[Candidate]) -> Candidate:
    # Equal speedups: the cheapest wins, so that the order of the list never matters.
    return max(candidates, key=lambda each: (each.speedup, -each.rank, each.stack))


def _change(gaining: Sequence[Candidate], never_slower: Sequence[Candidate]) -> Advice:
    best = _best(gaining)
    sufficient = [each for each in gaining if each is best or _suffices(each, best)]
    chosen = min(sufficient, key=lambda each: (each.rank, -each.low, each.stack))
    share = (chosen.speedup - 1) / (best.speedup - 1)
    rating = "the best candidate" if chosen is best else f"{100 * share:.0f} % of {best.stack}'s gain"
    sentence = f"{chosen.change.summary} ({chosen.stack}): {chosen.figures}, {rating}."
    cheaper = [each for each in never_slower if each.rank < chosen.rank]
    return Advice(
        kind="change",
        sentence=" ".join([sentence, *_cheaper_sentence(cheaper, best)]),
        stack=chosen.stack,
        tier=chosen.change.tier,
        speedup=chosen.speedup,
        low=chosen.low,
        high=chosen.high,
        best=best.stack,
        share_of_best=share,
    )


def _suffices(candidate: Candidate, best: Candidate) -> bool:
    scenarios = len(best.comparisons)
    return _reaches_gain(candidate.low, best) and _keeps_up(candidate, best) == scenarios


def _reaches_gain(speedup: float, best: Candidate) -> bool:
    return speedup - 1 >= SUFFICIENT * (best.speedup - 1)


def _keeps_up(candidate: Candidate, best: Candidate) -> int:
    """Return in how many scenarios the candidate's lower bound reaches 90 % of the best candidate's speed."""
    return sum(
        (each.low or 0.0) >= SUFFICIENT * best.comparisons[scenario].speedup
        for scenario, each in candidate.comparisons.items()
    )


def _cheaper_sentence(cheaper: Sequence[Candidate], best: Candidate) -> Iterable[str]:
    """Yield at most one sentence on the candidates in lower tiers than the advised one."""
    if not cheaper:
        return
    nearest = max(cheaper, key=lambda each: (_keeps_up(each, best), each.speedup))
    scenarios, kept = len(best.comparisons), _keeps_up(nearest, best)
    if possible := [each for each in cheaper if _may_suffice(each, best)]:
        cheapest = min(possible, key=lambda each: each.rank)
        yield f"The cheaper {cheapest.stack} may be enough ({cheapest.figures}); more blocks would settle it."
    elif scenarios > 1 and 2 * kept >= scenarios:
        yield f"The cheaper {nearest.stack} keeps up in {kept} of {scenarios} scenarios."


def _may_suffice(candidate: Candidate, best: Candidate) -> bool:
    """Return whether the candidate would suffice if its measured speedups were exact."""
    return _reaches_gain(candidate.speedup, best) and all(
        each.speedup >= SUFFICIENT * best.comparisons[scenario].speedup
        for scenario, each in candidate.comparisons.items()
    )


def _unsettled(candidate: Candidate) -> list[Comparison]:
    """Return the comparisons that more blocks could still turn into a gain."""
    return [
        each
        for each in candidate.comparisons.values()
        if each.verdict == "inconclusive" and (each.high or 0.0) > SMALLEST_BENEFIT
    ]


def _inconclusive(best: Candidate, minutes: Mapping[tuple[str, str], float | None]) -> Advice:
    if any(each.noisy for each in _unsettled(best)):
        return _without_change("inconclusive", f"Inconclusive: {best.stack} measured {best.figures}; {_QUIETER}.", best)
    waits = [minutes.get((each.scenario, each.candidate)) for each in _unsettled(best)]
    known = [each for each in waits if each is not None]
    longest = max(known) if len(known) == len(waits) else None
    settle = (
        f"more than {MOST_BLOCKS_TO_SETTLE} blocks would be needed to decide"
        if longest is None
        else f"{_more_minutes(longest)} would settle it"
    )
    return _without_change(
        "inconclusive", f"Inconclusive: {best.stack} measured {best.figures}; {settle}.", best, longest
    )


def _mixed(best: Candidate) -> Advice:
    up = max(best.comparisons.values(), key=lambda each: each.speedup)
    down = min(best.comparisons.values(), key=lambda each: each.speedup)
    sentence = (
        f"No change helps everywhere: {best.stack} gives {up.speedup:.2f}x in {up.scenario} "
        f"but {down.speedup:.2f}x in {down.scenario}."
    )
    return _without_change("mixed", sentence, best)


def _no_change(best: Candidate) -> Advice:
    sentence = f"No change is worth making: the best candidate, {best.stack}, measured {best.figures}."
    return _without_change("no change", sentence, best)


def _without_change(kind: AdviceKind, sentence: str, best: Candidate, minutes: float | None = None) -> Advice:
    return Advice(kind, sentence, speedup=best.speedup, low=best.low, high=best.high, best=best.stack, minutes=minutes)


def _more_minutes(minutes: float) -> str:
    rounded = max(1, math.ceil(minutes))
    return f"{rounded} more minute{'' if rounded == 1 else 's'}"
