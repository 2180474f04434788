"""The cheapest sufficient change, by itself and over several scenarios, and the sentences that say so."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.advice import advise, advise_each
from stackduel.analysis.candidates import Candidate, Migration, times
from stackduel.model.advice import Advice
from stackduel.model.comparison import Comparison, Verdict
from stackduel_servers.registry import TIERS

RANKS = {tier: rank for rank, tier in enumerate(TIERS)}
CHANGES = {
    "flask-gthread": Migration("settings", "Stay on Flask, raise threads from 2 to 256"),
    "flask-gevent": Migration("worker-class", "Stay on Flask, use gevent workers"),
    "quart-hypercorn": Migration("framework", "Move to Quart"),
    "fastapi-uvicorn": Migration("rewrite", "Move to FastAPI"),
    "fastapi-blocking": Migration("control", "Block in async def"),
}


def comparison(
    candidate: str, speedup: float, low: float, high: float, verdict: Verdict = "faster", scenario: str = "waiting"
) -> Comparison:
    """A tested comparison with the classic baseline."""
    return Comparison(scenario, "flask-gunicorn", candidate, "rate", speedup, low, high, 0.95, verdict)


def advice(*comparisons: Comparison, minutes: dict[tuple[str, str], float | None] | None = None) -> Advice:
    return advise(comparisons, CHANGES, RANKS, minutes or {})


FASTAPI = comparison("fastapi-uvicorn", 6.15, 6.0, 6.3)


def test_a_setting_that_suffices_is_advised() -> None:
    """More threads that give 97 % of the gain are the cheapest sufficient change, said in one sentence."""
    found = advice(FASTAPI, comparison("flask-gthread", 6.0, 5.8, 6.2))
    assert (found.kind, found.stack, found.tier, found.best) == (
        "change",
        "flask-gthread",
        "settings",
        FASTAPI.candidate,
    )
    assert (found.speedup, found.low, found.high) == pytest.approx((6.0, 5.8, 6.2))
    assert found.share_of_best == pytest.approx(5.0 / 5.15)
    assert found.sentence == (
        "Stay on Flask, raise threads from 2 to 256 (flask-gthread): 6.0x (5.8-6.2), 97 % of fastapi-uvicorn's gain."
    )


def test_the_lower_bound_must_reach_it() -> None:
    """Below 90 % of the gain at its lower bound a setting is not enough, and a dearer change is advised."""
    short = comparison("flask-gthread", 5.0, 4.9, 5.1)
    gevent = comparison("flask-gevent", 5.8, 5.7, 5.9)
    found = advice(FASTAPI, short, gevent)
    assert found.stack == "flask-gevent"
    # 90 % of a gain of 5.15 above 1 is 5.635.
    assert advice(FASTAPI, comparison("flask-gthread", 5.8, 5.64, 6.0), gevent).stack == "flask-gthread"
    assert advice(FASTAPI, comparison("flask-gthread", 5.8, 5.63, 6.0), gevent).stack == "flask-gevent"


def test_the_gain_is_what_comes_on_top() -> None:
    """A twentieth more is not 95 % of a tenth more."""
    found = advice(comparison("fastapi-uvicorn", 1.10, 1.09, 1.11), comparison("flask-gthread", 1.05, 1.04, 1.06))
    assert found.stack == "fastapi-uvicorn"
    assert found.sentence == "Move to FastAPI (fastapi-uvicorn): 1.10x (1.09-1.11), the best candidate."


def test_a_cheaper_change_with_a_wide_interval_is_named() -> None:
    """A cheaper change that may suffice is named beside the one that surely does."""
    found = advice(FASTAPI, comparison("flask-gthread", 6.0, 4.0, 9.0))
    assert found.stack == "fastapi-uvicorn"
    assert found.sentence.endswith(
        "the best candidate. The cheaper flask-gthread may be enough (6.0x (4.0-9.0)); more blocks would settle it."
    )


def test_within_a_tier_the_surer_is_advised() -> None:
    """Of two sufficient stacks in one tier, the one with the higher lower bound."""
    changes = {**CHANGES, "quart-uvicorn": Migration("framework", "Move to Quart on Uvicorn")}
    wide = comparison("quart-hypercorn", 6.1, 5.7, 6.5)
    narrow = comparison("quart-uvicorn", 6.0, 5.9, 6.1)
    assert advise([FASTAPI, wide, narrow], changes, RANKS, {}).stack == "quart-uvicorn"


def test_a_control_is_never_advised() -> None:
    """A wrong migration is neither the answer nor the measure of the others, however fast it looks."""
    control = comparison("fastapi-blocking", 50.0, 49.0, 51.0)
    found = advice(FASTAPI, control)
    assert (found.stack, found.best) == ("fastapi-uvicorn", "fastapi-uvicorn")
    assert advice(control).kind == "not tested"


def test_no_change_worth_making() -> None:
    """Where all are equivalent or slower, the best of them is named with its figures."""
    found = advice(
        comparison("fastapi-uvicorn", 1.004, 0.99, 1.015, "equivalent"),
        comparison("flask-gevent", 0.9, 0.88, 0.92, "slower"),
    )
    assert (found.kind, found.stack, found.best) == ("no change", None, "fastapi-uvicorn")
    assert found.sentence == (
        "No change is worth making: the best candidate, fastapi-uvicorn, measured 1.00x (0.99-1.01)."
    )


def test_inconclusive_says_what_would_settle_it() -> None:
    """An open gain names its minutes, rounded up, or that planning allows too few."""
    unsure = comparison("fastapi-uvicorn", 1.2, 0.9, 1.6, "inconclusive")
    found = advice(unsure, minutes={("waiting", "fastapi-uvicorn"): 12.3})
    assert (found.kind, found.stack, found.best, found.minutes) == ("inconclusive", None, "fastapi-uvicorn", 12.3)
    assert (
        found.sentence == "Inconclusive: fastapi-uvicorn measured 1.20x (0.90-1.60); 13 more minutes would settle it."
    )
    assert "1 more minute would" in advice(unsure, minutes={("waiting", "fastapi-uvicorn"): 0.2}).sentence
    never = advice(unsure, minutes={("waiting", "fastapi-uvicorn"): None})
    assert never.minutes is None
    assert "more than 200 blocks would be needed to decide" in never.sentence
    # What cannot be 2 % faster any more need not be settled.
    assert advice(comparison("fastapi-uvicorn", 0.98, 0.95, 1.01, "inconclusive")).kind == "no change"


def test_without_intervals_nothing_is_advised() -> None:
    """Fewer than five blocks leave no advice, nor does a candidate that failed in one of the scenarios."""
    untested = Comparison("waiting", "flask-gunicorn", "fastapi-uvicorn", "rate", 6.0)
    assert advice(untested).kind == "not tested"
    assert advice().kind == "not tested"
    elsewhere = comparison("flask-gthread", 1.0, 0.99, 1.01, "equivalent", scenario="json")
    assert advice(FASTAPI, elsewhere).kind == "not tested"


def test_over_a_run_it_must_keep_up_everywhere() -> None:
    """A setting that is as good where requests wait, and half as good in a fan-out, is not enough for both."""
    scenarios = [
        FASTAPI,
        comparison("flask-gthread", 6.0, 5.9, 6.1),
        comparison("fastapi-uvicorn", 2.0, 1.95, 2.05, scenario="fan-out"),
        comparison("flask-gthread", 1.0, 0.99, 1.01, "equivalent", scenario="fan-out"),
    ]
    found = advice(*scenarios)
    assert found.stack == "fastapi-uvicorn"
    assert found.speedup == pytest.approx((6.15 * 2.0) ** 0.5)
    assert found.sentence.endswith("The cheaper flask-gthread keeps up in 1 of 2 scenarios.")
    each = advise_each(scenarios, CHANGES, RANKS, {})
    assert {scenario: one.stack for scenario, one in each.items()} == {
        "waiting": "flask-gthread",
        "fan-out": "fastapi-uvicorn",
    }


def test_keeping_up_in_few_scenarios_is_not_reported() -> None:
    """A cheaper change that is enough in a third of the scenarios is not worth a sentence."""
    fast = [comparison("fastapi-uvicorn", 6.0, 5.9, 6.1, scenario=name) for name in ("a", "b", "c")]
    slow = [comparison("flask-gthread", 2.0, 1.9, 2.1, scenario=name) for name in ("a", "b")]
    found = advice(*fast, *slow, comparison("flask-gthread", 6.0, 5.9, 6.1, scenario="c"))
    assert found.sentence == "Move to FastAPI (fastapi-uvicorn): 6.0x (5.9-6.1), the best candidate."


def test_a_gain_must_hold_over_the_run() -> None:
    """A little faster in one scenario and a little less in others is no gain to change anything for."""
    small = [
        comparison("fastapi-uvicorn", 0.985, 0.982, 0.988, "equivalent", scenario=name) for name in ("a", "b", "c")
    ]
    found = advice(comparison("fastapi-uvicorn", 1.04, 1.03, 1.05), *small)
    assert (found.kind, found.stack) == ("mixed", None)


def test_the_longest_of_the_open_scenarios_counts() -> None:
    """What is open in two scenarios is settled when both are."""
    unsure = [comparison("fastapi-uvicorn", 1.2, 0.9, 1.6, "inconclusive", scenario=name) for name in ("a", "b")]
    found = advice(*unsure, minutes={("a", "fastapi-uvicorn"): 3.0, ("b", "fastapi-uvicorn"): 12.0})
    assert found.minutes == 12.0


def test_a_great_gain_does_not_pay_for_a_loss() -> None:
    """A mean that reaches it is not enough where one of many scenarios is left far behind."""
    scenarios = [
        each
        for number in range(9)
        for each in (
            comparison("fastapi-uvicorn", 6.0, 5.9, 6.1, scenario=f"s{number}"),
            comparison("flask-gthread", 6.1, 6.0, 6.2, scenario=f"s{number}"),
        )
    ]
    last = (
        comparison("fastapi-uvicorn", 6.0, 5.9, 6.1, scenario="last"),
        comparison("flask-gthread", 4.5, 4.4, 4.6, scenario="last"),
    )
    found = advice(*scenarios, *last)
    assert found.best == found.stack == "fastapi-uvicorn"
    assert "keeps up in 9 of 10" in found.sentence


def test_a_trifle_elsewhere_does_not_call_for_a_rewrite() -> None:
    """A twentieth that only the rewrite gives to an idle connection does not outweigh an equal gain under load."""
    found = advice(
        FASTAPI,
        comparison("flask-gthread", 6.1, 6.05, 6.15),
        comparison("fastapi-uvicorn", 1.05, 1.04, 1.06, scenario="idle"),
        comparison("flask-gthread", 1.0, 0.99, 1.01, "equivalent", scenario="idle"),
    )
    assert found.stack == "flask-gthread"


def test_faster_here_and_slower_there_is_no_advice() -> None:
    """What gains in one scenario and loses in another is reported as mixed, and not advised."""
    found = advice(FASTAPI, comparison("fastapi-uvicorn", 0.85, 0.83, 0.87, "slower", scenario="json"))
    assert (found.kind, found.stack) == ("mixed", None)
    assert found.sentence == ("No change helps everywhere: fastapi-uvicorn gives 6.15x in waiting but 0.85x in json.")


def test_an_unknown_tier_is_an_error() -> None:
    """A stack whose place among the tiers is not known is a mistake of the caller's."""
    with pytest.raises(KeyError, match="rewrite"):
        advise([FASTAPI], CHANGES, {"settings": 0}, {})


def test_the_bounds_of_a_mean_are_the_means_of_the_bounds() -> None:
    """Over two scenarios all three figures are geometric means."""
    both = {"a": comparison("x", 4.0, 2.0, 8.0), "b": comparison("x", 1.0, 0.5, 2.0)}
    found = Candidate("x", Migration("code", "Do"), 3, both)
    assert (found.speedup, found.low, found.high) == pytest.approx((2.0, 1.0, 4.0))


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ((1.234, 1.1, 1.4), "1.23x (1.10-1.40)"),
        ((6.04, 5.8, 6.2), "6.0x (5.8-6.2)"),
        ((123.4, 99, 150), "123x (99-150)"),
    ],
)
def test_speedups_as_text(figures: tuple[float, float, float], text: str) -> None:
    """As many digits as a speedup of that size deserves, the same for its bounds."""
    assert times(*figures) == text


@st.composite
def tables(draw: st.DrawFn) -> list[Comparison]:
    """Every stack in one to three scenarios, with verdicts by the smallest margin."""
    scenarios = [f"s{number}" for number in range(draw(st.integers(1, 3)))]
    found = []
    for stack in CHANGES:
        for scenario in scenarios:
            speedup = draw(st.floats(0.5, 20))
            factor = draw(st.floats(1.0, 1.5))
            low, high = speedup / factor, speedup * factor
            word: Verdict = "faster" if low > 1.02 else "slower" if high < 1 / 1.02 else "inconclusive"
            found.append(comparison(stack, speedup, low, high, word, scenario))
    return found


@given(tables())
def test_advice_keeps_its_promises(comparisons: list[Comparison]) -> None:
    """For any results: no control, nothing slower anywhere, and no cheaper stack that suffices."""
    found = advise(comparisons, CHANGES, RANKS, {})
    assert found.sentence.endswith(".")
    if found.stack is None:
        assert found.kind != "change"
        return
    here = [each for each in comparisons if each.candidate == found.stack]
    assert found.tier != "control"
    assert all(each.verdict != "slower" for each in here)
    assert found.low is not None
    assert found.low > 1
    assert found.share_of_best is not None
    assert 0 < found.share_of_best <= 1
    if found.stack != found.best:
        best = {each.scenario: each.speedup for each in comparisons if each.candidate == found.best}
        assert all((each.low or 0) >= 0.9 * best[each.scenario] for each in here)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_comparisons_makes_no_difference(comparisons: list[Comparison], draw: Random) -> None:
    """The same figures give the same advice in any order."""
    shuffled = list(comparisons)
    draw.shuffle(shuffled)
    forth, back = advise(comparisons, CHANGES, RANKS, {}), advise(shuffled, CHANGES, RANKS, {})
    assert (forth.kind, forth.stack, forth.best) == (back.kind, back.stack, back.best)


@given(tables(), st.sampled_from(sorted(CHANGES)), st.floats(1.0, 1.3))
def test_a_surer_setting_is_never_advised_less(comparisons: list[Comparison], stack: str, factor: float) -> None:
    """Raising the lower bounds of the stack that is advised leaves it advised."""
    found = advise(comparisons, CHANGES, RANKS, {})
    if found.stack is None:
        return
    raised = [
        comparison(each.candidate, each.speedup, min(each.speedup, (each.low or 0) * factor), each.high or 0,
                   each.verdict, each.scenario) if each.candidate == found.stack else each
        for each in comparisons
    ]  # fmt: skip
    assert advise(raised, CHANGES, RANKS, {}).stack == found.stack
