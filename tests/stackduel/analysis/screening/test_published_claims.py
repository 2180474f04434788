"""The published claims: their figures are those of their texts, and the switches tell them in the same words."""

from __future__ import annotations

import re

import pytest

from stackduel.analysis.screening.published_claims import CLAIMS, GUIDE, PublishedClaim
from stackduel_servers import switches
from stackduel_servers.switches import SWITCHES, Switch


def ratios(text: str) -> tuple[float, float]:
    """The ratios of on to off that a claim's text names, from low to high."""
    if span := re.search(r"of (\d+)-(\d+) ms down to (\d+)-(\d+) ms", text):
        before_low, before_high, after_low, after_high = map(int, span.groups())
        both = sorted((after_low / before_low, after_high / before_high))
    elif span := re.search(r"(\d+)-(\d+)x faster|asyncio (\d+)-(\d+)x faster", text):
        both = sorted(float(each) for each in span.groups() if each)
    elif span := re.search(r"(\d+)(?:-(\d+))? % (more|lower|less)", text):
        low, high = int(span[1]), int(span[2] or span[1])
        sign = 1 if span[3] == "more" else -1
        both = sorted((1 + sign * low / 100, 1 + sign * high / 100))
    else:
        pytest.fail(f"no figures in {text!r}")
    return both[0], both[1]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.text)
def test_the_figures_of_a_claim_are_those_of_its_text(claim: PublishedClaim) -> None:
    """low and high are what the text says, so that neither is changed without the other."""
    assert (claim.low, claim.high) == pytest.approx(ratios(claim.text))


@pytest.mark.parametrize("switch", [each for each in SWITCHES if each.claim], ids=lambda switch: switch.name)
def test_the_claim_of_a_switch_is_judged_in_the_same_words(switch: Switch) -> None:
    """The published value in the table of switches is a claim about that switch alone, of the same source."""
    about = [(each.text, each.source) for each in CLAIMS if each.switches == (switch.name,)]
    assert about == [(switch.claim, switch.source)]


def test_every_claim_about_one_switch_stands_in_the_table_of_switches() -> None:
    """And every claim names switches that exist; the guide has one name."""
    known = {each.name: each for each in SWITCHES}
    for claim in CLAIMS:
        assert set(claim.switches) <= set(known)
        if len(claim.switches) == 1:
            assert known[claim.switches[0]].claim == claim.text
    assert switches.GUIDE == GUIDE
