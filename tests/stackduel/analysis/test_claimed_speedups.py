"""Published speedups beside measured ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.claimed_speedups import claim_results, claim_word
from stackduel.model.comparison import Comparison, Verdict
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.model.suite import PublishedRequest
from tests.stackduel.report.judged import CLAIM, judged


def compared(
    low: float | None, high: float | None, verdict: Verdict = "faster", *, noisy: bool = False, margin: float = 0.02
) -> Comparison:
    """A comparison with this interval and margin."""
    return Comparison("s", "rest", "api", "rate", 1.5, low, high, 0.95, verdict, noisy, 5, margin)


@pytest.mark.parametrize(
    ("measured", "word"),
    [
        (compared(2.1, 2.9), "reproduced"),
        (compared(2.5, 4.0), "reproduced"),
        (compared(1.8, 2.2), "inconclusive"),
        (compared(1.2, 1.4), "explained"),
        (compared(0.9, 1.1, "equivalent"), "refuted"),
        (compared(0.7, 0.9, "slower"), "refuted"),
        (compared(0.5, 5.0, "inconclusive"), "inconclusive"),
        (compared(2.1, 2.9, noisy=True), "inconclusive"),
        (compared(2.1, 2.9, margin=0.2), "inconclusive"),
        (compared(0.3, 1.6, "inconclusive", margin=0.9), "inconclusive"),
        (compared(None, None, "faster"), "inconclusive"),
        (compared(None, None, "not tested"), "not tested"),
    ],
)
def test_an_interval_judges_a_claim(measured: Comparison, word: str) -> None:
    """The words are those of an ablation's claims; noise and missing intervals decide nothing."""
    assert claim_word(CLAIM, measured) == word


def test_each_scenario_has_its_own_judgement() -> None:
    """A server that is 1.25 times as fast does not do what was claimed for it: two to three times."""
    results = list(claim_results(judged()))
    assert [each.comparison.scenario for each in results] == ["response", "throughput", "memory"]
    assert {each.word for each in results} == {"explained"}


def test_a_claim_on_one_scenario_is_judged_there_alone() -> None:
    """The others of the run say nothing on it."""
    results = list(claim_results(judged(replace(CLAIM, scenarios=("throughput",)))))
    assert [each.comparison.scenario for each in results] == ["throughput"]


def test_a_scaled_scenario_decides_nothing() -> None:
    """A claim is about the published request, and this one asks for less."""
    made = judged()
    first, *rest = made.suite.scenarios
    scaled = replace(first, published=PublishedRequest("/x?delay=1.0", 1))
    suite = replace(made.suite, scenarios=(scaled, *rest))
    words = [each.word for each in claim_results(replace(made, suite=suite))]
    assert words == ["scaled down", "explained", "explained"]


def test_a_claim_on_other_stacks_is_not_judged() -> None:
    """Without a comparison of exactly its two stacks there is nothing to say."""
    other = SpeedupClaim("Something else", "api", "plain", 2.0, 3.0)
    assert not list(claim_results(judged(other)))
