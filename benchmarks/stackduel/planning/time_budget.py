"""A suite that fits into a time budget: with shorter or fewer windows first, then with fewer scenarios.

Commits are compared in all scenarios or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, half_width
from stackduel.model.aa_pair import is_twin
from stackduel.model.counted import counted
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite
from stackduel.model.waits import least_seconds
from stackduel.planning.estimates import SOLO_S, Pace, scenario_seconds

# Shares of a window's length, tried in turn; after the last one scenarios are left out.
_STEPS = (1.0, 0.75, 0.5, 0.33, 0.25, 0.0)
SHORTEST_S = 0.5
# The shortest window holds so many waits, or arrivals: with fewer, one more or less would decide the rate.
ROUNDS = 10
MOST_BLOCKS = 30
# Of a trial that is divided into windows; each stays as long as it is.
FEWEST_WINDOWS = 2
# Before anything is measured: on an ordinary machine ratios differ by about this much from block to block.
SUPPOSED_SPREAD = 0.03
WISHED_PRECISION = 0.02
# The half-width below which more scenarios are worth more than more blocks.
WORTH_HAVING = 0.05


@dataclass(frozen=True, slots=True)
class Fitted:
    """A suite that fits, how many seconds a block of it takes, and a sentence on what the time buys."""

    suite: Suite
    block_s: float
    sentence: str


def fit(suite: Suite, paces: Mapping[str, Pace], budget_s: float, before_s: float = 0.0) -> Fitted:
    """Return the suite with as many scenarios and as long windows as ``budget_s`` seconds hold.

    It keeps enough blocks for a useful precision, since many scenarios in few blocks would all be inconclusive, but for
    none beyond what the suite wishes; if no choice has one, the most precise is taken. Of commits no scenario is left
    out: it may be the one that changed. ``paces`` are those of all stacks, the twin included; ``before_s`` is what
    passes before the first block.

    Raises ValueError that says how much time is needed, if not even the shortest windows of one scenario fit.
    """
    choices = _shortenings(suite.scenarios) if suite.alternates else _candidates(suite.scenarios)
    candidates = [_offer(suite, scenarios, paces, budget_s - before_s) for scenarios in choices]
    possible = [offer for offer in candidates if offer.suite.most_blocks >= FEWEST_BLOCKS]
    if not possible:
        needed_s = before_s + FEWEST_BLOCKS * min(offer.block_s for offer in candidates)
        # Rounded up, so that the time that the message names is enough.
        of = f" and {counted(len(suite.scenarios), 'request')}" if suite.alternates else ""
        raise ValueError(f"at least {(int(needed_s / 6) + 1) / 10:g} minutes are needed for {len(paces)} stacks{of}")
    enough = max(WORTH_HAVING, suite.precision or 0.0)
    precise = (offer for offer in possible if offer.precision <= enough)
    chosen = next(precise, None) or min(possible, key=lambda offer: offer.precision)
    return Fitted(chosen.suite, chosen.block_s, _sentence(suite, chosen))


@dataclass(frozen=True, slots=True)
class _Offer:
    """A suite that the time could buy, the seconds of a block, and its expected precision."""

    suite: Suite
    block_s: float
    precision: float


def _offer(suite: Suite, scenarios: tuple[Scenario, ...], paces: Mapping[str, Pace], budget_s: float) -> _Offer:
    alone_s = SOLO_S * len(suite.models) if suite.isolated else 0.0
    block_s = alone_s + block_seconds(scenarios, paces)
    blocks = min(int(budget_s / block_s), suite.most_blocks if suite.alternates else MOST_BLOCKS)
    wished = suite.precision or WISHED_PRECISION
    fitted = replace(suite, scenarios=scenarios, blocks=FEWEST_BLOCKS, most_blocks=blocks, precision=wished)
    return _Offer(fitted, block_s, precision_of(fitted, paces, max(blocks, FEWEST_BLOCKS)))


def block_seconds(scenarios: Sequence[Scenario], paces: Mapping[str, Pace]) -> float:
    """Estimate the seconds of one block: every stack with every scenario."""
    return sum(
        pace.launch_s + sum(scenario_seconds(scenario, pace) for scenario in scenarios) for pace in paces.values()
    )


def precision_of(suite: Suite, paces: Mapping[str, Pace], blocks: int) -> float:
    """Estimate the half-width of intervals from so many blocks, as a share."""
    # Streams are compared by their added delay, too, where it is not what they are compared by.
    compared = sum(2 if each.metric == "event_cpu" else 1 for each in suite.scenarios if each.idle_of is None)
    tested = compared * (sum(not is_twin(name) for name in paces) - 1)
    return half_width(SUPPOSED_SPREAD, blocks, max(1, tested))


def _candidates(scenarios: Sequence[Scenario]) -> list[tuple[Scenario, ...]]:
    """Return the possible choices of scenarios, from the most to the least."""
    shortened = _shortenings(scenarios)
    compared = sum(each.idle_of is None for each in scenarios)
    return shortened + [_thinned(shortened[-1], count) for count in range(compared - 1, 0, -1)]


def _shortenings(scenarios: Sequence[Scenario]) -> list[tuple[Scenario, ...]]:
    """Return the choices that have all scenarios, from the longest windows to the shortest."""
    return [tuple(_shortened(each, step) for each in scenarios) for step in _STEPS]


def _thinned(scenarios: Sequence[Scenario], count: int) -> tuple[Scenario, ...]:
    """Return ``count`` of the scenarios, evenly spread, each with its idle control if it has one."""
    compared = [each for each in scenarios if each.idle_of is None]
    kept = {compared[(2 * part + 1) * len(compared) // (2 * count)].name for part in range(count)}
    return tuple(each for each in scenarios if each.name in kept or each.idle_of in kept)


def _shortened(scenario: Scenario, step: float) -> Scenario:
    if step == 1.0:
        return scenario
    if scenario.windows:
        return replace(scenario, windows=max(FEWEST_WINDOWS, round(step * scenario.windows)))
    wait_s = max(least_seconds(each) for each in scenario.workloads)
    return replace(scenario, load=_shorter(scenario.load, step, max(SHORTEST_S, ROUNDS * wait_s), wait_s))


def _shorter(load: Load, step: float, shortest_s: float, wait_s: float) -> Load:
    if load.duration_s is None:
        return load
    if isinstance(load, OpenLoop):
        shortest_s = max(shortest_s, ROUNDS / load.rate_rps)
    duration_s = max(min(shortest_s, load.duration_s), step * load.duration_s)
    warmup_s = min(load.warmup_s, max(step * load.warmup_s, 2 * wait_s))
    stable_within_s = step * load.stable_within_s
    if isinstance(load, OpenLoop):
        return msgspec.structs.replace(load, duration_s=duration_s, warmup_s=warmup_s, stable_within_s=stable_within_s)
    if load.warmup_requests and wait_s:
        # With few slots a round may take long: warm up for two waits instead.
        load = msgspec.structs.replace(load, warmup_requests=0)
        warmup_s = max(warmup_s, 2 * wait_s)
    return msgspec.structs.replace(load, duration_s=duration_s, warmup_s=warmup_s, stable_within_s=stable_within_s)


def _sentence(suite: Suite, offer: _Offer) -> str:
    fitted = offer.suite
    kept, all_of_them = len(fitted.scenarios), len(suite.scenarios)
    share = f"{kept} of {all_of_them} scenarios" if kept < all_of_them else f"all {kept} scenarios"
    if kept == all_of_them == 2:
        share = "both scenarios"
    if all_of_them == 1:
        share = "its one scenario"
    windows, asked = _windows(fitted), _windows(suite)
    text = f"The time is enough for at most {fitted.most_blocks} blocks of {share}"
    if windows:
        shortest = f"{round(windows[0], 2):g} s"
        text += f" with windows of {shortest}" if len(windows) == 1 else f" with windows from {shortest} on"
        if windows[0] < asked[0]:
            text += f" in place of {round(asked[0], 2):g} s"
    text += (
        f". As many would show speedups to about ±{100 * offer.precision:.0f} %, if they differ by "
        f"{100 * SUPPOSED_SPREAD:.0f} % from block to block."
    )
    if kept < all_of_them:
        left_out = [each.name for each in suite.scenarios if each.name not in {one.name for one in fitted.scenarios}]
        text += f" Left out: {', '.join(left_out)}."
    return text


def _windows(suite: Suite) -> list[float]:
    """Return the lengths of a suite's windows, the shortest first."""
    return sorted({each.load.duration_s for each in suite.scenarios if each.load.duration_s is not None})
