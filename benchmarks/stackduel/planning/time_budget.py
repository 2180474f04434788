"""A suite that fits into a time budget: with shorter windows first, then with fewer scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, half_width
from stackduel.model.aa_pair import is_twin
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite
from stackduel.model.waits import least_seconds
from stackduel.planning.estimates import SOLO_S, Pace, scenario_seconds

# Shares of a window's length, tried in turn; after the last one scenarios are left out.
_STEPS = (1.0, 0.75, 0.5, 0.33, 0.25, 0.0)
SHORTEST_S = 0.5
# The shortest window holds so many waits, or arrivals: with fewer, one more or less would decide the rate.
ROUNDS = 10
MOST_BLOCKS = 30
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


def fit(suite: Suite, paces: Mapping[str, Pace], budget_s: float) -> Fitted:
    """Return the suite with as many scenarios and as long windows as ``budget_s`` seconds hold.

    It keeps enough blocks for a useful precision, since many scenarios in few blocks would all be inconclusive; if
    no choice has one, the most precise is taken. ``paces`` are those of all stacks, the twin included.

    Raises ValueError that says how much time is needed, if not even the shortest windows of one scenario fit.
    """
    candidates = [_offer(suite, scenarios, paces, budget_s) for scenarios in _candidates(suite.scenarios)]
    possible = [offer for offer in candidates if offer.suite.most_blocks >= FEWEST_BLOCKS]
    if not possible:
        needed_s = FEWEST_BLOCKS * min(offer.block_s for offer in candidates)
        # Rounded up, so that the time that the message names is enough.
        raise ValueError(f"at least {(int(needed_s / 6) + 1) / 10:g} minutes are needed for {len(paces)} stacks")
    precise = (offer for offer in possible if offer.precision <= WORTH_HAVING)
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
    blocks = min(int(budget_s / block_s), MOST_BLOCKS)
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
    tested = len(suite.scenarios) * sum(not is_twin(name) for name in paces) - len(suite.scenarios)
    return half_width(SUPPOSED_SPREAD, blocks, max(1, tested))


def _candidates(scenarios: Sequence[Scenario]) -> list[tuple[Scenario, ...]]:
    """Return the possible choices of scenarios, from the most to the least."""
    shortened = [tuple(_shortened(each, step) for each in scenarios) for step in _STEPS]
    return shortened + [_thinned(shortened[-1], count) for count in range(len(scenarios) - 1, 0, -1)]


def _thinned(scenarios: Sequence[Scenario], count: int) -> tuple[Scenario, ...]:
    """Return ``count`` of the scenarios, evenly spread."""
    return tuple(scenarios[(2 * part + 1) * len(scenarios) // (2 * count)] for part in range(count))


def _shortened(scenario: Scenario, step: float) -> Scenario:
    if step == 1.0:
        return scenario
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
    if all_of_them == 1:
        share = "its one scenario"
    windows = sorted({each.load.duration_s for each in fitted.scenarios if each.load.duration_s is not None})
    text = f"The time buys {fitted.most_blocks} blocks of {share}"
    if windows:
        shortest = f"{round(windows[0], 2):g} s"
        text += f" with windows of {shortest}" if len(windows) == 1 else f" with windows from {shortest} on"
    text += (
        f": bounds of about ±{100 * offer.precision:.0f} %, "
        f"supposed that ratios differ by {100 * SUPPOSED_SPREAD:.0f} % from block to block."
    )
    if kept < all_of_them:
        left_out = [each.name for each in suite.scenarios if each.name not in {one.name for one in fitted.scenarios}]
        text += f" Left out: {', '.join(left_out)}."
    return text
