"""The cheapest sufficient change, in one plain sentence.

A candidate is *sufficient* when its lower bound reaches 90 % of the best candidate's gain; among these the one in the
lowest migration tier is advised. The gain is what comes on top of the baseline, so the speedup less 1: in parts of the
speedup itself, staying at 1.00x would already be 91 % of a best of 1.10x.

Over several scenarios the gain is that of the geometric mean, and in each scenario by itself the lower bound must
besides reach 90 % of the best candidate's speed. The mean alone would let a great gain in one scenario pay for a loss
in another. The gain in each alone would have a framework changed for the twentieth that it gives to a single idle
connection, whatever a setting gives where there is load. In one scenario the second condition follows from the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from stackduel.analysis.candidates import Candidate, Migration, candidates_of, scenarios_of
from stackduel.model.advice import Advice, AdviceKind
from stackduel.model.comparison import Comparison

SUFFICIENT = 0.90
_QUIETER = "the host was busy with other things, and a quieter one would settle it"
# What the migration matrix calls no benefit.
NO_BENEFIT = 1.02


def advise(
    comparisons: Sequence[Comparison],
    changes: Mapping[str, Migration],
    ranks: Mapping[str, int],
    minutes: Mapping[tuple[str, str], float | None],
) -> Advice:
    """Return the advice that follows from the comparisons of one scenario, or of a run's scenarios together.

    ``changes`` describes every candidate, ``ranks`` puts the tiers in order, the cheapest lowest, and ``minutes`` says
    for (scenario, candidate) how long an inconclusive one would take to settle, where that can be told. A control is
    never advised, nor what was not tested in every scenario; the A/A twin is to be left out. Raises KeyError on a
    candidate without a change or a tier without a rank.
    """
    candidates = candidates_of(comparisons, changes, ranks)
    if not candidates:
        return Advice("not tested", "Not tested: no candidate has an interval in every scenario.")
    unharmed = [each for each in candidates if "slower" not in each.verdicts]
    gaining = [each for each in unharmed if "faster" in each.verdicts and each.low > 1]
    if gaining:
        return _change(gaining, unharmed)
    unsettled = [each for each in unharmed if _open(each)]
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
    """Return the advice for each scenario by itself, as ``advise`` gives it."""
    return {
        scenario: advise([each for each in comparisons if each.scenario == scenario], changes, ranks, minutes)
        for scenario in scenarios_of(comparisons)
    }


def _best(candidates: Sequence[Candidate]) -> Candidate:
    # Of equal ones the cheapest, and never the one that happens to stand first.
    return max(candidates, key=lambda each: (each.speedup, -each.rank, each.stack))


def _change(gaining: Sequence[Candidate], unharmed: Sequence[Candidate]) -> Advice:
    best = _best(gaining)
    sufficient = [each for each in gaining if each is best or _suffices(each, best)]
    chosen = min(sufficient, key=lambda each: (each.rank, -each.low, each.stack))
    share = (chosen.speedup - 1) / (best.speedup - 1)
    beside = "the best of all measured" if chosen is best else f"{100 * share:.0f} % of what {best.stack} gives"
    sentence = f"{chosen.change.summary} ({chosen.stack}): {chosen.figures}, {beside}."
    cheaper = [each for each in unharmed if each.rank < chosen.rank]
    return Advice(
        kind="change",
        sentence=" ".join([sentence, *_of_cheaper(cheaper, best)]),
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
    """Return the number of scenarios in which the candidate's lower bound reaches the share of the best one's speed."""
    return sum(
        (each.low or 0.0) >= SUFFICIENT * best.comparisons[scenario].speedup
        for scenario, each in candidate.comparisons.items()
    )


def _of_cheaper(cheaper: Sequence[Candidate], best: Candidate) -> Iterable[str]:
    """Yield at most one sentence on changes in lower tiers than the advised one."""
    if not cheaper:
        return
    nearest = max(cheaper, key=lambda each: (_keeps_up(each, best), each.speedup))
    scenarios, kept = len(best.comparisons), _keeps_up(nearest, best)
    if possible := [each for each in cheaper if _may_suffice(each, best)]:
        cheapest = min(possible, key=lambda each: each.rank)
        yield f"The cheaper {cheapest.stack} may do as well ({cheapest.figures}): more blocks would tell."
    elif scenarios > 1 and 2 * kept >= scenarios:
        yield f"The cheaper {nearest.stack} keeps up in {kept} of {scenarios} scenarios."


def _may_suffice(candidate: Candidate, best: Candidate) -> bool:
    """Return whether it would suffice if its measured speedups were exact."""
    return _reaches_gain(candidate.speedup, best) and all(
        each.speedup >= SUFFICIENT * best.comparisons[scenario].speedup
        for scenario, each in candidate.comparisons.items()
    )


def _open(candidate: Candidate) -> list[Comparison]:
    """Return the comparisons that more blocks could still turn into a gain."""
    return [
        each
        for each in candidate.comparisons.values()
        if each.verdict == "inconclusive" and (each.high or 0.0) > NO_BENEFIT
    ]


def _inconclusive(best: Candidate, minutes: Mapping[tuple[str, str], float | None]) -> Advice:
    if any(each.noisy for each in _open(best)):
        return _without_change("inconclusive", f"Inconclusive: {best.stack} is at {best.figures}; {_QUIETER}.", best)
    known = [minutes.get((each.scenario, each.candidate)) for each in _open(best)]
    wanted = [each for each in known if each is not None]
    longest = max(wanted) if len(wanted) == len(known) else None
    settle = (
        "more blocks than planning allows would be needed" if longest is None else f"{_more(longest)} would settle it"
    )
    return _without_change("inconclusive", f"Inconclusive: {best.stack} is at {best.figures}; {settle}.", best, longest)


def _mixed(best: Candidate) -> Advice:
    up = max(best.comparisons.values(), key=lambda each: each.speedup)
    down = min(best.comparisons.values(), key=lambda each: each.speedup)
    sentence = (
        f"No change is worth making everywhere: {best.stack} gives {up.speedup:.2f}x in {up.scenario}, "
        f"and {down.speedup:.2f}x in {down.scenario}."
    )
    return _without_change("mixed", sentence, best)


def _no_change(best: Candidate) -> Advice:
    sentence = f"No change worth making: the best candidate, {best.stack}, is at {best.figures}."
    return _without_change("no change", sentence, best)


def _without_change(kind: AdviceKind, sentence: str, best: Candidate, minutes: float | None = None) -> Advice:
    return Advice(kind, sentence, speedup=best.speedup, low=best.low, high=best.high, best=best.stack, minutes=minutes)


def _more(minutes: float) -> str:
    rounded = max(1, math.ceil(minutes))
    return f"{rounded} more minute{'' if rounded == 1 else 's'}"
