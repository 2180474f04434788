"""Why a change is recommended, and why none is, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackduel.model.counted import counted
from stackduel.model.search_results.ablation import Measure
from stackduel.model.search_results.tuned import Confirmed

# A smaller gain is not worth a change: the bound of the advice, too.
WORTH_HAVING = 1.1
# What a gain above 1 means, by the measure.
_GAINS: Mapping[str, str] = {
    "throughput": "{} times the throughput",
    "p99": "a p99 {} times as short",
    "mean": "a mean latency {} times as short",
    "memory": "{} times less memory",
}


def reason_for(best: Confirmed, current: Confirmed | None, measure: Measure) -> str:
    """Return what the recommended change gains, and what binds then."""
    gain = gain_text(best, measure)
    changes = () if current is None else _changes(current, best)
    binds = f"; what limits it then: {best.binds}" if best.binds else ""
    return f"{gain}{': ' if changes else ''}{', '.join(changes)}{binds}."


def _changes(before: Confirmed, after: Confirmed) -> tuple[str, ...]:
    """Return the figures of both commands that were measured of both."""
    figures = (
        ("throughput", before.rate_rps, after.rate_rps, " req/s"),
        ("p99", before.p99_ms, after.p99_ms, " ms"),
        ("memory", before.memory_mib, after.memory_mib, " MiB"),
    )
    return tuple(
        f"{name} {now:,.4g}{unit} where it was {then:,.4g}"
        for name, then, now, unit in figures
        if then is not None and now is not None
    )


def nothing_is_left(confirmed: Sequence[Confirmed], current: str) -> bool:
    """Return whether a gain worth having is ruled out for every candidate that may be recommended."""
    others = [each for each in confirmed if each.stack != current]
    return bool(others) and not any(_may_gain(each) for each in others)


def reason_for_none(confirmed: Sequence[Confirmed], current: str, measure: Measure) -> str:
    """Return why nothing is recommended: the best candidate's gain, or what speaks against those that gain."""
    others = [each for each in confirmed if each.stack != current and each.gain is not None]
    if not others:
        return "no candidate was confirmed beside the current command."
    shown = [each for each in others if each.verdict == "faster"]
    open_ones = [each for each in others if _may_gain(each)]
    if shown and not open_ones:
        refused = "; ".join(f"{each.stack}: {each.refused}" for each in shown)
        return f"{counted(len(shown), 'candidate')} gained and cannot be recommended ({refused})."
    best = max(open_ones or others, key=lambda each: each.gain or 0.0)
    # Whose gain is not ruled out may be the one that was measured worst and varied most.
    is_best = all((each.gain or 0.0) <= (best.gain or 0.0) for each in others)
    who = "the best" if is_best else "the one least known"
    text = f"none is shown to be better; {who}, {best.stack}, has {gain_text(best, measure)}"
    if open_ones:
        return (
            f"{text}, so that a gain is not ruled out: a quiet host (--wait-quiet) or a longer --time-budget decides."
        )
    return f"{text}{f' ({best.refused})' if best.refused else ''}."


def _may_gain(each: Confirmed) -> bool:
    """Return whether a candidate that may be recommended could be better by more than is worth a change."""
    if each.refused is not None or each.verdict not in {"inconclusive", "not tested"}:
        return False
    return each.high is None or each.high > WORTH_HAVING


def gain_text(each: Confirmed, measure: str) -> str:
    """Return a gain with its interval, as a part of a sentence."""
    if each.gain is None:
        return "no gain that could be measured"
    if each.size == "uncertain":
        return "a gain in every block, of uncertain size because the host was busy"
    bounds = f" ({each.low:.2f} to {each.high:.2f})" if each.low is not None and each.high is not None else ""
    if not bounds and each.size == "at_least" and each.low is not None:
        return f"at least {_GAINS[measure].format(f'{each.low:.2f}')}"
    return _GAINS[measure].format(f"{each.gain:.2f}{bounds}")
