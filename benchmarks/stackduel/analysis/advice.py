"""The advice: the cheapest stack that no dearer one is shown to beat by more than 10 %.

The burden of proof lies on the dearer change. Staying on the baseline is the cheapest of all, then come the tiers in
their order. Each is compared with every dearer rival on the blocks that both were measured in, by a one-sided t test at
5 %, divided by the number of its rivals (Bonferroni). In this way a dearer change than needed is advised in at most 5 %
of the runs. A stack that is advised although it is not itself shown to be faster than the baseline is to be tried
first, and called unproven.

Over several scenarios everything is said of the geometric mean of the ratios. What is slower anywhere is out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.analysis import advice_sentences as sentences
from stackduel.analysis.candidates import Candidate, candidates_of, scenarios_of
from stackduel.analysis.contest import STAYING, AdviceInputs, Contest, Rivals
from stackduel.analysis.leads import Lead
from stackduel.model.advice import Advice, AdviceKind, DearerChange
from stackduel.model.comparison import Comparison

# A forecast looks no further ahead. More blocks than this will not help.
MOST_BLOCKS_TO_DECIDE = 200


def advise(comparisons: Sequence[Comparison], inputs: AdviceInputs) -> Advice:
    """Return the advice that follows from the comparisons of one scenario, or of all scenarios of a run.

    It never names a control or a candidate that was not tested in every scenario. The comparisons must not contain the
    A/A twin. Raises KeyError on a candidate without a change or a tier without a rank.
    """
    candidates = candidates_of(comparisons, inputs.changes, inputs.ranks)
    if not candidates:
        return Advice("not tested", sentences.not_tested(comparisons))
    sound = [each for each in candidates if not each.mean.fails_more and not each.mean.suspected]
    failing = [each for each in candidates if each.mean.fails_more]
    suspected = [each for each in candidates if each.mean.suspected and not each.mean.fails_more]
    if not sound and suspected:
        reason = sentences.left_out(failing)
        return replace(
            _without_change("inconclusive", sentences.all_suspected(suspected), _best(suspected)), reason=reason
        )
    if not sound:
        return _without_change("no change", sentences.all_left_out(failing), _best(failing))
    never_slower = [each for each in sound if "slower" not in each.mean.verdicts]
    contest = Contest(comparisons[0].baseline, scenarios_of(comparisons), never_slower, inputs)
    advice = _among(sound, contest)
    said = (advice.reason, sentences.left_out(failing), sentences.held_back(suspected))
    reasons = [each for each in said if each]
    return replace(advice, reason=" ".join(reasons) or None)


def _among(sound: Sequence[Candidate], contest: Contest) -> Advice:
    """Return the advice on the candidates that fail no more requests than the baseline."""
    if len(contest.scenarios) > 1 and (unsized := _unsized(contest)):
        return _without_change("inconclusive", sentences.sizes_uncertain(unsized), _best(contest.candidates))
    if contest.staying_is_beaten:
        return _change(contest)
    if unsettled := contest.unsettled():
        return _inconclusive(contest, unsettled)
    mixed = [each for each in sound if {"faster", "slower"} <= each.mean.verdicts]
    if mixed:
        best = _best(mixed)
        return _without_change("mixed", sentences.mixed(best), best)
    return _no_change(contest, _best(contest.candidates or sound))


def advise_each(comparisons: Sequence[Comparison], inputs: AdviceInputs) -> dict[str, Advice]:
    """Return the advice for each scenario alone, as ``advise`` gives it."""
    return {
        scenario: advise([each for each in comparisons if each.scenario == scenario], inputs)
        for scenario in scenarios_of(comparisons)
    }


def _best(candidates: Sequence[Candidate]) -> Candidate:
    # Equal speedups: the cheapest wins, so that the order of the list never matters.
    return max(candidates, key=lambda each: (each.mean.speedup, -each.rank, each.stack))


def _change(contest: Contest) -> Advice:
    best = _best(contest.candidates)
    chosen = min(contest.advisable(), key=lambda each: (each.rank, not each.mean.proven, -each.mean.floor, each.stack))
    rivals = contest.rivals(chosen.stack, chosen.rank)
    cheaper = [each for each in contest.candidates if each.rank < chosen.rank]
    return Advice(
        kind="change",
        sentence=sentences.change(chosen, contest.baseline),
        reason=sentences.what_dearer_ones_buy(rivals)
        if rivals
        else sentences.why_no_cheaper(chosen, cheaper, contest.baseline),
        stack=chosen.stack,
        tier=chosen.change.tier,
        speedup=_sized(chosen),
        low=chosen.mean.low,
        high=chosen.mean.high,
        best=best.stack,
        share_of_best=_share_of_best(chosen, best),
        proven=chosen.mean.proven,
        detectable=_detectable(rivals),
        dearer=_dearer(rivals),
    )


def _inconclusive(contest: Contest, unsettled: Rivals) -> Advice:
    best = _best([each for each, _ in unsettled])
    own = next(own for each, own in unsettled if each is best)
    outlook, minutes = _outlook(best, own, contest.inputs.block_s)
    rivals = contest.rivals(contest.baseline, STAYING)
    sentence = sentences.inconclusive(best, contest.baseline, outlook)
    return _without_change("inconclusive", sentence, best, minutes=minutes, rivals=rivals)


def _outlook(best: Candidate, own: Lead | None, block_s: float | None) -> tuple[str, float | None]:
    """Return what would decide whether a candidate is worth a change, and how many minutes that takes if known."""
    if own is None or own.spread is None:
        noisy = any(each.noisy for each in best.comparisons.values())
        return (sentences.QUIETER if noisy else sentences.MORE_BLOCKS), None
    if own.shown:
        return sentences.NOT_BEYOND_CHANCE, None
    blocks = own.blocks_to_decide(MOST_BLOCKS_TO_DECIDE)
    if blocks is None:
        return f"more than {MOST_BLOCKS_TO_DECIDE} blocks would be needed to decide", None
    if block_s is None:
        return sentences.MORE_BLOCKS, None
    minutes = (blocks - own.blocks) * block_s / 60
    return sentences.more_minutes(minutes), minutes


def _no_change(contest: Contest, best: Candidate) -> Advice:
    rivals = contest.rivals(contest.baseline, STAYING)
    return _without_change("no change", sentences.no_change(best, contest.baseline), best, rivals=rivals)


def _without_change(
    kind: AdviceKind,
    sentence: str,
    best: Candidate,
    minutes: float | None = None,
    rivals: Rivals = (),
) -> Advice:
    return Advice(
        kind,
        sentence,
        speedup=_sized(best),
        low=best.mean.low,
        high=best.mean.high,
        best=best.stack,
        minutes=minutes,
        reason=sentences.detected(rivals),
        detectable=_detectable(rivals),
        dearer=_dearer(rivals),
    )


def _detectable(rivals: Rivals) -> float | None:
    """Return the smallest ratio that the run would have shown of any of the rivals."""
    return max((own.detectable for _, own in rivals if own), default=None)


def _dearer(rivals: Rivals) -> tuple[DearerChange, ...] | None:
    known = tuple(
        DearerChange(each.stack, each.change.tier, own.ratio, own.low, own.high) for each, own in rivals if own
    )
    return known or None


def _unsized(contest: Contest) -> list[str]:
    """Return the scenarios in which the size of a candidate's speedup is uncertain."""
    found = {
        scenario
        for candidate in contest.candidates
        for scenario, each in candidate.comparisons.items()
        if each.size == "uncertain"
    }
    return [scenario for scenario in contest.scenarios if scenario in found]


def _sized(candidate: Candidate) -> float | None:
    """Return the mean speedup, None where nothing is known of its size."""
    mean = candidate.mean
    return None if mean.low is None and mean.high is None else mean.speedup


def _share_of_best(chosen: Candidate, best: Candidate) -> float | None:
    """Return the part of the best one's gain that the chosen one gives; None where either has no size."""
    means = (chosen.mean, best.mean)
    sized = all(mean.low is not None and mean.high is not None for mean in means)
    return (chosen.mean.speedup - 1) / (best.mean.speedup - 1) if sized and best.mean.speedup > 1 else None
