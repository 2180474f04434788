"""The sentences of the advice."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stackduel.analysis.candidates import Candidate
from stackduel.analysis.contest import Rivals
from stackduel.analysis.failure_shares import MOST_BLOCKS_TO_SHOW
from stackduel.analysis.leads import WORTH
from stackduel.analysis.mean_speedup import times
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.comparison import Comparison
from stackduel.model.counted import counted

QUIETER = "but the host was busy, and noise may explain it: run again on a quieter one (--wait-quiet waits for it)"
MORE_BLOCKS = "more blocks may decide"
NOT_BEYOND_CHANCE = "this host shows such differences between two equal servers, too; more blocks may decide"
BEYOND = f"more than {100 * (WORTH - 1):.0f} %"


def not_tested(comparisons: Sequence[Comparison]) -> str:
    """Return why no candidate has an interval, and what gives one."""
    if not comparisons:
        return "Nothing to advise: no other stack was measured beside the baseline."
    most = max(each.blocks for each in comparisons)
    if most < FEWEST_BLOCKS:
        blocks = f"{counted(most, 'block')} {'gives' if most == 1 else 'give'}"
        return f"Not tested: {blocks} no interval; {FEWEST_BLOCKS} do (--blocks {FEWEST_BLOCKS})."
    return "Not tested: no candidate has an interval in every scenario, as trials are missing; run it again."


def change(chosen: Candidate, baseline: str) -> str:
    """Return what to change, and what is known of it."""
    summary = chosen.change.summary
    # A change that has no words but the stack's name need not say it twice.
    named = summary if summary.endswith(f" {chosen.stack}") else f"{summary} ({chosen.stack})"
    what = f"{named}: {chosen.mean.figures}"
    return (
        f"{what}."
        if chosen.mean.proven
        else f"Try first, unproven: {what}, not shown to be {chosen.mean.better} than {baseline}."
    )


def what_dearer_ones_buy(rivals: Rivals) -> str:
    """Return what the best of the dearer changes would buy on top, and the smallest gain that would have shown."""
    known = [(each, own) for each, own in rivals if own]
    if not known:
        better = rivals[0][0].mean.better
        return f"Whether a dearer change is {BEYOND} {better} could not be tested: too few quiet blocks have both."
    best, own = max(known, key=lambda both: (both[1].ratio, both[0].stack))
    buys = f"{best.stack} ({best.change.tier}) would buy {times(own.ratio, own.low, own.high)} on top"
    return f"No dearer change is shown to be {BEYOND} {best.mean.better}: {buys}. {detected(rivals)}"


def why_no_cheaper(chosen: Candidate, cheaper: Sequence[Candidate], baseline: str) -> str:
    """Return why the dearest change is advised: the best of the cheaper ones, and that it is not enough."""
    best = max(cheaper, key=lambda each: (each.mean.speedup, each.stack), default=None)
    if best is None:
        return f"It is shown to be {BEYOND} {chosen.mean.better} than {baseline}."
    nearest = f"the best of them, {best.stack} ({best.change.tier}), measured {best.mean.figures}"
    return f"Every cheaper change is shown to be beaten by a dearer one, by {BEYOND}; {nearest}."


def inconclusive(best: Candidate, baseline: str, outlook: str) -> str:
    """Return which candidate may be worth a change, and what would decide it."""
    measured = f"Inconclusive: {best.stack} measured {best.mean.figures}"
    if outlook == QUIETER:
        return f"{measured} against {baseline}, {outlook}."
    return f"{measured} and may be {BEYOND} {best.mean.better} than {baseline}; {outlook}."


def sizes_uncertain(scenarios: Sequence[str]) -> str:
    """Return why there is no advice over all scenarios: a mean needs the size of each speedup."""
    where = ", ".join(scenarios)
    return f"No advice over all scenarios: the host was too busy to show how large the differences in {where} are."


def no_change(best: Candidate, baseline: str) -> str:
    """Return that staying is the advice, and the best of the others."""
    best_one = f"the best, {best.stack} ({best.change.tier}), measured {best.mean.figures}"
    return f"No change is worth making: no other stack is {BEYOND} {best.mean.better} than {baseline}; {best_one}."


def mixed(best: Candidate) -> str:
    """Return where the best of the mixed candidates gains and where it loses."""
    up = max(best.comparisons.values(), key=lambda each: each.speedup)
    down = min(best.comparisons.values(), key=lambda each: each.speedup)
    return (
        f"No change helps everywhere: {best.stack} gives {up.speedup:.2f}x in {up.scenario} "
        f"but {down.speedup:.2f}x in {down.scenario}."
    )


def detected(rivals: Rivals) -> str | None:
    """Return the smallest gain that the run could have shown of every rival; None without any test."""
    needed = max((own.detectable for _, own in rivals if own), default=None)
    return None if needed is None else f"A gain from {100 * (needed - 1):.0f} % on would have been detected."


def more_minutes(minutes: float) -> str:
    """Return for how long to measure on."""
    rounded = max(1, math.ceil(minutes))
    return f"{rounded} more minute{'' if rounded == 1 else 's'} would settle it"


def fails_more(each: Comparison) -> str:
    """Return how much more a candidate fails than the baseline, and with which outcome."""
    excess = each.failures
    if excess is None:
        return ""
    shares = f"{_percent(excess.share)} of its requests in {each.scenario} ({excess.outcome})"
    return f"{each.candidate} fails {shares}, {each.baseline} {_percent(excess.baseline_share)}"


def left_out(failing: Sequence[Candidate]) -> str | None:
    """Return which candidates are left out because they fail more requests; None where there are none."""
    reasons = [fails_more(each) for candidate in failing for each in candidate.comparisons.values() if each.failures]
    return f"Left out: {'; '.join(reasons)}." if reasons else None


def all_left_out(failing: Sequence[Candidate]) -> str:
    """Return that no candidate is left, as all fail more requests."""
    reasons = [fails_more(each) for candidate in failing for each in candidate.comparisons.values() if each.failures]
    return f"No change is worth making: {'; '.join(reasons)}."


def suspicion(each: Comparison) -> str:
    """Return how much more a candidate failed than the baseline, untested, and how many blocks would test it."""
    found = each.suspected
    if found is None:
        return ""
    shares = f"{_percent(found.share)} of its requests in {each.scenario} ({found.outcome})"
    blocks = f"{found.blocks} blocks (--blocks {found.blocks})" if found.blocks else f"more than {MOST_BLOCKS_TO_SHOW}"
    return (
        f"{each.candidate} failed {shares}, {each.baseline} {_percent(found.baseline_share)}; "
        f"{blocks} would show whether it fails more"
    )


def held_back(suspected: Sequence[Candidate]) -> str | None:
    """Return which candidates are not advised as they failed far more requests, untested; None if there are none."""
    found = _suspicions(suspected)
    return f"Not advised: {'; '.join(found)}." if found else None


def all_suspected(suspected: Sequence[Candidate]) -> str:
    """Return that every candidate that is left failed far more requests, untested."""
    return f"Inconclusive: {'; '.join(_suspicions(suspected))}."


def _suspicions(candidates: Sequence[Candidate]) -> list[str]:
    return [suspicion(each) for candidate in candidates for each in candidate.comparisons.values() if each.suspected]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
