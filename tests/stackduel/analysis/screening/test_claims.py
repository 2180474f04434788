"""Whether a published claim holds."""

from __future__ import annotations

import pytest

from stackduel.analysis.screening.claims import judge, judgement_of, minutes_to_settle
from stackduel.analysis.screening.published_claims import CLAIMS, PublishedClaim
from stackduel.model.search_results.ablation import Effect, Judgement, SwitchEffects

MORE = PublishedClaim("15-20 % more throughput", "throughput", 1.15, 1.20)
LESS = PublishedClaim("15-25 % lower p95", "p95", 0.75, 0.85)


@pytest.mark.parametrize(
    ("claim", "low", "high", "judgement"),
    [
        (MORE, 1.16, 1.18, "reproduced"),
        (MORE, 1.16, 1.40, "reproduced"),
        (MORE, 1.05, 1.10, "explained"),
        (MORE, 0.98, 1.04, "refuted"),
        (MORE, 0.80, 0.90, "refuted"),
        (MORE, 1.05, 1.16, "inconclusive"),
        (MORE, 0.90, 1.30, "inconclusive"),
        (LESS, 0.70, 0.80, "reproduced"),
        (LESS, 0.88, 0.95, "explained"),
        (LESS, 0.97, 1.02, "refuted"),
        (LESS, 1.10, 1.20, "refuted"),
        (LESS, 0.80, 0.90, "inconclusive"),
    ],
)
def test_a_claim_is_judged_by_the_interval(
    claim: PublishedClaim, low: float, high: float, judgement: Judgement
) -> None:
    """Beyond the claim's nearer end it is reproduced, short of it explained or refuted, across it inconclusive."""
    assert judgement_of(claim, Effect(claim.measure, (low * high) ** 0.5, low, high)) == judgement


def test_an_inconclusive_claim_names_the_minutes_that_would_settle_it() -> None:
    """An interval twice as wide as its distance from the claim takes four times the time."""
    found = Effect("throughput", 1.10, 1.10 / 1.0455**2, 1.10 * 1.0455**2)
    assert minutes_to_settle(MORE, found, 10.0) == pytest.approx(40, rel=0.01)
    judged = judge(MORE, found, (), 10.0)
    assert judged.judgement == "inconclusive"
    assert "about 41 minutes in all would settle it" in judged.sentence or "about 40 minutes" in judged.sentence


def test_what_no_time_settles_has_no_minutes() -> None:
    """An estimate on the very end of a claim is never told from it, and the sentence says so."""
    on_the_end = Effect("throughput", 1.15, 1.10, 1.2022727)
    assert minutes_to_settle(MORE, on_the_end, 10.0) is None
    near = Effect("throughput", 1.1501, 1.10, 1.2025)
    assert minutes_to_settle(MORE, near, 10.0) is None
    assert "too near to the claim's lower end" in judge(MORE, near, (), 10.0).sentence


def test_an_explained_claim_names_the_switches_that_carry_the_gain() -> None:
    """Those that are shown to change the measure in the claim's direction, the strongest first."""
    switches = (
        SwitchEffects("slow", (Effect("throughput", 0.9, 0.88, 0.92),)),
        SwitchEffects("some", (Effect("throughput", 1.03, 1.01, 1.05),)),
        SwitchEffects("most", (Effect("throughput", 1.06, 1.04, 1.08),)),
        SwitchEffects("unsure", (Effect("throughput", 1.5, 0.9, 2.5),)),
    )
    judged = judge(MORE, Effect("throughput", 1.08, 1.06, 1.10), switches, 10.0)
    assert judged.judgement == "explained"
    assert judged.minutes is None
    assert judged.sentence.endswith("by most, some")


def test_every_published_claim_points_one_way() -> None:
    """Both ends of a claim are on the same side of no change, and its smallest end is the nearer one."""
    for claim in CLAIMS:
        assert (claim.low >= 1) == (claim.high >= 1)
        assert claim.low <= claim.high
        nearer = min(abs(claim.low - 1), abs(claim.high - 1))
        assert abs(claim.smallest - 1) == pytest.approx(nearer)
        assert {claim.smallest, claim.largest} == {claim.low, claim.high}
