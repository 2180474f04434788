"""How often advice is dearer than it need be, and how often it finds what is better, over simulated runs.

A promise of so many in a hundred is broken where an exact binomial test rejects it at 1 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
import scipy.stats

from stackduel.analysis.advice import advise
from stackduel.analysis.candidates import Migration
from stackduel.analysis.contest import AdviceInputs
from stackduel.analysis.decision import decide, margin
from stackduel.analysis.statistics.intervals import interval
from stackduel.model.advice import Advice
from stackduel.model.comparison import Comparison
from stackduel_servers.registry import TIERS

RUNS = 1000
BLOCKS = 5
REJECTED = 0.01
RANKS = {tier: rank for rank, tier in enumerate(TIERS)}
# True speedups by tier. Whatever is dearer than needed is at the bound of what would make it worth its cost: the
# worst case.
STAY = {"settings": 1.1, "worker-class": 1.1, "code": 1.1, "framework": 1.1, "rewrite": 1.1, "service": 1.1}
SETTINGS_DO = {"settings": 2.0, "worker-class": 2.2, "code": 2.2, "framework": 2.2, "rewrite": 2.2, "service": 2.2}
ONE_RIVAL = {"settings": 2.0, "rewrite": 2.2}
CODE_DOES = {"settings": 1.0, "worker-class": 1.3, "code": 4.0, "framework": 4.4, "rewrite": 4.4}
HARDLY_GAINS = {"settings": 1.03, "framework": 1.13, "rewrite": 1.13}


def simulate(truth: Mapping[str, float], spread: float, seed: int, scenarios: int = 1) -> Iterator[Advice]:
    """The advice of many runs whose stacks have those true speedups; ``spread`` is that of a pair's log ratio."""
    draw = np.random.default_rng(seed)
    changes = {tier: Migration(tier, f"Change the {tier}") for tier in truth}
    for _ in range(RUNS):
        scores, comparisons = {}, []
        for number in range(scenarios):
            name, drift = f"s{number}", draw.normal(0, 0.3, BLOCKS)
            own = {stack: drift + np.log(ratio) + draw.normal(0, spread / np.sqrt(2), BLOCKS)
                   for stack, ratio in {"base": 1.0, "base.twin": 1.0, **truth}.items()}  # fmt: skip
            scores[name] = {stack: dict(enumerate(values.tolist(), 1)) for stack, values in own.items()}
            allowed = margin(interval(own["base.twin"] - own["base"]))
            comparisons += [
                compared(name, stack, (own[stack] - own["base"]).tolist(), len(truth) * scenarios, allowed)
                for stack in truth
            ]
        yield advise(comparisons, AdviceInputs(changes, RANKS, scores))


def compared(scenario: str, stack: str, logs: list[float], tested: int, allowed: float | None) -> Comparison:
    """The comparison of a candidate with the baseline, as a run makes it."""
    bounds = interval(logs, tested)
    assert bounds is not None
    verdict = decide(bounds, allowed, noisy=False)
    return Comparison(scenario, "base", stack, "rate", bounds.ratio, bounds.low, bounds.high, 0.95, verdict)


def rank_of(advice: Advice) -> int:
    """How dear the advice is; staying costs nothing."""
    return RANKS[advice.tier] if advice.tier else 0


@pytest.mark.parametrize("spread", [0.005, 0.02, 0.08])
@pytest.mark.parametrize(
    ("truth", "needed"),
    [
        (STAY, "baseline"),
        (SETTINGS_DO, "settings"),
        (ONE_RIVAL, "settings"),
        (CODE_DOES, "code"),
        (HARDLY_GAINS, "settings"),
    ],
)
def test_advice_is_rarely_dearer_than_needed(truth: Mapping[str, float], needed: str, spread: float) -> None:
    """In at most 5 % of the runs a dearer change is advised than the cheapest that none beats by more than a tenth."""
    too_dear = sum(rank_of(each) > RANKS[needed] for each in simulate(truth, spread, seed=1))
    assert scipy.stats.binomtest(too_dear, RUNS, 0.05, alternative="greater").pvalue > REJECTED


def test_over_several_scenarios_it_is_no_dearer() -> None:
    """The mean over three scenarios is held to the same rate."""
    too_dear = sum(rank_of(each) > RANKS["settings"] for each in simulate(SETTINGS_DO, 0.02, seed=2, scenarios=3))
    assert scipy.stats.binomtest(too_dear, RUNS, 0.05, alternative="greater").pvalue > REJECTED


@pytest.mark.parametrize("rivals", [1, 5])
def test_a_fifth_more_is_found_at_a_spread_of_2_percent(rivals: int) -> None:
    """In at least 99 % of the runs the dear change that is 20 % faster is advised, with one or five rivals."""
    tiers = ("worker-class", "code", "framework", "service")[: rivals - 1]
    truth = {"settings": 2.0, **dict.fromkeys(tiers, 2.0), "rewrite": 2.4}
    found = sum(each.stack == "rewrite" for each in simulate(truth, 0.02, seed=3))
    assert scipy.stats.binomtest(found, RUNS, 0.99, alternative="less").pvalue > REJECTED


def test_a_fifth_over_the_baseline_is_found() -> None:
    """Staying, too, is left in at least 99 % of the runs for a change that is 20 % faster."""
    found = sum(each.stack == "settings" for each in simulate({"settings": 1.2, "rewrite": 1.2}, 0.02, seed=4))
    assert scipy.stats.binomtest(found, RUNS, 0.99, alternative="less").pvalue > REJECTED


def test_a_cheap_change_that_noise_hides_is_tried_first() -> None:
    """A cheap stack as good as the dear one is not skipped because its own gain over the baseline is not shown."""
    advices = list(simulate({"settings": 1.25, "rewrite": 1.25}, 0.05, seed=5))
    changes = [each for each in advices if each.kind == "change"]
    assert {each.proven for each in changes} == {True, False}
    assert scipy.stats.binomtest(
        sum(each.stack == "rewrite" for each in changes), len(changes), 0.05, alternative="greater"
    ).pvalue > REJECTED  # fmt: skip
