"""The cheapest stack that no dearer one is shown to beat, by itself and over several scenarios, and its sentences."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.advice import advise, advise_each
from stackduel.analysis.mean_speedup import MeanSpeedup, times
from stackduel.analysis.migration import change_to
from stackduel.model.advice import Advice
from stackduel.model.comparison import Comparison
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Metric
from tests.stackduel.analysis.tables import RANKS, Table, blocks, comparisons_of, inputs_for, tables

SETTINGS, GEVENT, QUART, FASTAPI = "flask-gthread", "flask-gevent", "quart-hypercorn", "fastapi-uvicorn"


def advice(table: Table, block_s: float | None = None, margin: float = 0.02) -> Advice:
    return advise(comparisons_of(table, margin), inputs_for(table, block_s))


def one(**stacks: list[float]) -> Table:
    """A table of one scenario; underscores stand for the dashes of names."""
    return {"waiting": {name.replace("_", "-"): logs for name, logs in stacks.items()}}


def test_the_dear_change_has_to_prove_itself() -> None:
    """7.3x within 6.9 to 7.8 for a change of handlers keeps a rewrite of 7.5x within 7.2 to 7.8 from being advised."""
    found = advice(one(flask_gthread=blocks(7.3, 0.03), fastapi_uvicorn=blocks(7.5, 0.02, 1)))
    assert (found.kind, found.stack, found.tier, found.best) == ("change", SETTINGS, "settings", FASTAPI)
    assert found.proven is True
    assert found.sentence == "Stay on Flask, raise threads from 2 to 256 (flask-gthread): 7.3x (7.0-7.7)."
    assert found.reason == (
        "No dearer change is shown to be more than 10 % faster: fastapi-uvicorn (rewrite) would buy 1.03x (0.99-1.07) "
        "on top. "
        "A gain from 14 % on would have been detected."
    )
    assert found.share_of_best == pytest.approx(6.3 / 6.5)
    (dearer,) = found.dearer or ()
    assert (dearer.stack, dearer.tier) == (FASTAPI, "rewrite")
    assert dearer.ratio == pytest.approx(7.5 / 7.3)
    assert found.detectable == pytest.approx(1.10 * dearer.ratio / dearer.low)


def test_a_dearer_change_that_is_shown_to_be_better_is_advised() -> None:
    """A fifth more on a quiet host is worth it, and the best of the cheaper ones is named."""
    found = advice(
        one(flask_gthread=blocks(5.0), flask_gevent=blocks(5.1, pattern=1), fastapi_uvicorn=blocks(6.1, pattern=2))
    )
    assert (found.stack, found.proven, found.dearer, found.detectable) == (FASTAPI, True, None, None)
    assert found.sentence == "Move to FastAPI (fastapi-uvicorn): 6.1x (6.0-6.2)."
    assert found.reason == (
        "Every cheaper change is shown to be beaten by a dearer one, by more than 10 %; the best of them, "
        "flask-gevent (worker-class), measured 5.1x (5.0-5.2)."
    )


def test_what_is_beaten_by_one_rival_is_not_advised_even_if_another_is_no_better() -> None:
    """A setting that gevent beats is skipped; gevent stays, as FastAPI is not shown to beat that."""
    found = advice(
        one(flask_gthread=blocks(3.0), flask_gevent=blocks(5.8, pattern=1), fastapi_uvicorn=blocks(6.0, pattern=2))
    )
    assert found.stack == GEVENT


def test_a_tenth_more_is_no_reason_and_a_little_above_it_is() -> None:
    """The bound lies at 10 % of the cheaper stack's speed, not of its gain."""
    tight = blocks(2.0, 0.0001)
    for ratio, stack in ((1.099, SETTINGS), (1.102, FASTAPI)):
        found = advice(one(flask_gthread=tight, fastapi_uvicorn=blocks(2.0 * ratio, 0.0001, 1)))
        assert found.stack == stack


def test_a_cheap_change_that_is_not_proven_is_tried_first() -> None:
    """It may be as good as the dear one, which is shown to be faster than the baseline: try the cheap one."""
    found = advice(one(flask_gthread=blocks(1.5, 0.4), fastapi_uvicorn=blocks(1.6, 0.02, 1)))
    assert (found.kind, found.stack, found.proven) == ("change", SETTINGS, False)
    assert found.sentence.startswith(
        "Try first, unproven: Stay on Flask, raise threads from 2 to 256 (flask-gthread): "
    )
    assert found.sentence.endswith(", not shown to be faster than flask-gunicorn.")
    assert str(found.reason).startswith("No dearer change is shown to be more than 10 % faster: fastapi-uvicorn")


def test_a_change_that_is_named_by_its_stack_alone_names_it_once() -> None:
    """Not "Change to gthread (gthread)": of a stack of the user's own nothing is known but its name."""
    table, mine = one(flask_gthread=blocks(6.0)), StackFacts("settings", command=("serve",))
    changes = {SETTINGS: change_to(SETTINGS, mine, replace(mine, tier="baseline"))}
    found = advise(comparisons_of(table), replace(inputs_for(table), changes=changes))
    assert found.sentence == "Change to flask-gthread: 6.0x (5.9-6.1)."


def test_what_is_shown_to_gain_nothing_is_not_tried() -> None:
    """A setting equal to the baseline is no answer where a rewrite is shown to be a little better than a tenth."""
    found = advice(one(flask_gthread=blocks(1.0, 0.01), fastapi_uvicorn=blocks(1.13, 0.008, 1)))
    assert found.stack == FASTAPI


def test_within_a_tier_the_surer_is_advised() -> None:
    """Of two in one tier, one that is proven, and then the one with the higher lower bound."""
    table = one(quart_hypercorn=blocks(6.1, 0.06), quart_uvicorn=blocks(6.0, 0.01, 1))
    assert advice(table).stack == "quart-uvicorn"
    table = one(quart_hypercorn=blocks(9.0, 1.5), quart_uvicorn=blocks(1.5, 0.01, 1))
    assert advice(table).stack == "quart-uvicorn"


def test_a_control_is_never_advised() -> None:
    """A wrong migration is neither the answer nor the measure of the others, however fast it looks."""
    table = one(fastapi_uvicorn=blocks(6.0), fastapi_blocking=blocks(50.0, pattern=1))
    found = advice(table)
    assert (found.stack, found.best) == (FASTAPI, FASTAPI)
    assert advice(one(fastapi_blocking=blocks(50.0))).kind == "not tested"


def test_no_change_worth_making() -> None:
    """Where nothing is more than 10 % faster, staying is the advice, with what the run could have shown."""
    found = advice(one(fastapi_uvicorn=blocks(1.05, 0.01), flask_gevent=blocks(0.9, 0.01, 1)))
    assert (found.kind, found.stack, found.best) == ("no change", None, FASTAPI)
    assert found.sentence == (
        "No change is worth making: no other stack is more than 10 % faster than flask-gunicorn; the best, "
        "fastapi-uvicorn (rewrite), measured 1.05x (1.03-1.07)."
    )
    assert found.reason == "A gain from 11 % on would have been detected."
    assert [each.stack for each in found.dearer or ()] == [FASTAPI]


def test_all_slower_is_no_change() -> None:
    """Where every candidate is slower there is nobody to compare, and nothing that could have been detected."""
    found = advice(one(fastapi_uvicorn=blocks(0.8), flask_gevent=blocks(0.9, pattern=1)))
    assert (found.kind, found.best, found.detectable) == ("no change", GEVENT, None)
    assert found.sentence.endswith("measured 0.90x (0.89-0.91).")


def test_inconclusive_says_what_would_settle_it() -> None:
    """An open gain names its minutes, rounded up, or that planning allows too few."""
    unsure = one(fastapi_uvicorn=blocks(1.2, 0.1))
    found = advice(unsure, block_s=90)
    assert (found.kind, found.stack, found.best) == ("inconclusive", None, FASTAPI)
    assert found.minutes == pytest.approx(1.5 * 1)
    assert found.sentence == (
        "Inconclusive: fastapi-uvicorn measured 1.20x (1.06-1.36) and may be more than 10 % faster than "
        "flask-gunicorn; 2 more minutes would settle it."
    )
    assert found.reason == "A gain from 21 % on would have been detected."
    assert "more blocks may decide" in advice(unsure).sentence
    assert "1 more minute would" in advice(unsure, block_s=6).sentence
    never = advice(one(fastapi_uvicorn=blocks(1.101, 0.1)), block_s=90)
    assert never.minutes is None
    assert "more than 200 blocks would be needed to decide" in never.sentence


def test_a_host_that_shows_as_much_between_twins_proves_nothing() -> None:
    """A gain within the margin of the A/A pair is open, however narrow its own interval is."""
    found = advice(one(fastapi_uvicorn=blocks(1.3, 0.01)), block_s=60, margin=0.4)
    assert (found.kind, found.minutes) == ("inconclusive", None)
    assert "shows such differences between two equal servers" in found.sentence


def test_without_intervals_nothing_is_advised() -> None:
    """Fewer than five blocks leave no advice, nor does a candidate that failed in one of the scenarios."""
    assert advice(one(fastapi_uvicorn=blocks(6.0)[:4])).kind == "not tested"
    assert advise([], inputs_for(one(fastapi_uvicorn=blocks(6.0)))).kind == "not tested"
    assert advice({"waiting": {FASTAPI: blocks(6.0)}, "json": {SETTINGS: blocks(6.0)}}).kind == "not tested"


def test_over_a_run_the_mean_counts_and_each_scenario_has_its_own_advice() -> None:
    """A setting that is as good where requests wait, and half as good in a fan-out, is not enough for both."""
    table = {
        "waiting": {FASTAPI: blocks(6.15), SETTINGS: blocks(6.0, pattern=1)},
        "fan-out": {FASTAPI: blocks(2.0), SETTINGS: blocks(1.0, pattern=1)},
    }
    found = advice(table)
    assert found.stack == FASTAPI
    assert found.speedup == pytest.approx((6.15 * 2.0) ** 0.5)
    each = advise_each(comparisons_of(table), inputs_for(table))
    assert {scenario: one.stack for scenario, one in each.items()} == {"waiting": SETTINGS, "fan-out": FASTAPI}


def test_a_trifle_elsewhere_does_not_call_for_a_rewrite() -> None:
    """A twentieth that only the rewrite gives to an idle connection does not outweigh an equal gain under load."""
    found = advice(
        {
            "waiting": {FASTAPI: blocks(6.15), SETTINGS: blocks(6.1, pattern=1)},
            "idle": {FASTAPI: blocks(1.05), SETTINGS: blocks(1.0, pattern=1)},
        }
    )
    assert found.stack == SETTINGS


def test_faster_here_and_slower_there_is_no_advice() -> None:
    """A stack that gains in one scenario and loses in another is reported as mixed, and not advised."""
    found = advice({"waiting": {FASTAPI: blocks(6.15)}, "json": {FASTAPI: blocks(0.85)}})
    assert (found.kind, found.stack) == ("mixed", None)
    assert found.sentence == ("No change helps everywhere: fastapi-uvicorn gives 6.15x in waiting but 0.85x in json.")


def test_noise_in_the_way_is_named() -> None:
    """Without five quiet blocks an open gain asks for a quieter host."""
    table = one(fastapi_uvicorn=blocks(1.3, 0.1))
    noisy = [replace(each, noisy=True, verdict="inconclusive") for each in comparisons_of(table)]
    found = advise(noisy, replace(inputs_for(table), scores={}))
    assert "may be more than" not in found.sentence
    assert "against flask-gunicorn, but the host was busy, and noise may explain it: run again" in found.sentence


def test_a_cheap_change_of_which_noise_left_nothing_is_not_advised() -> None:
    """A stack that is neither shown to gain nor tested against dearer ones is passed over for one that is shown to."""
    table = one(flask_gthread=blocks(3.0), fastapi_uvicorn=blocks(6.0, pattern=1))
    scores = {"waiting": {name: logs for name, logs in inputs_for(table).scores["waiting"].items() if name != SETTINGS}}
    noisy = [
        replace(each, noisy=True, verdict="inconclusive") if each.candidate == SETTINGS else each
        for each in comparisons_of(table)
    ]
    found = advise(noisy, replace(inputs_for(table), scores=scores))
    assert (found.stack, found.proven) == (FASTAPI, True)


def test_there_is_no_advice_over_all_scenarios_where_a_size_is_uncertain() -> None:
    """A mean needs every size: a change that gains nothing in one scenario is not advised for both."""
    table = one(flask_gthread=blocks(3.0), fastapi_uvicorn=blocks(3.0, pattern=1))
    unsized = [replace(each, size="uncertain", verdict="faster") for each in comparisons_of(table)]
    sized = [replace(each, scenario="fan-out") for each in comparisons_of(table)]
    found = advise([*unsized, *sized], inputs_for(table))
    assert (found.kind, found.stack) == ("inconclusive", None)
    assert "too busy to show how large the differences in waiting are" in found.sentence


def test_rivals_that_noise_kept_from_being_compared_are_said() -> None:
    """The cheap one is advised, as nothing is shown against it, and the reader learns that nothing was tested."""
    table = one(flask_gthread=blocks(3.0), fastapi_uvicorn=blocks(6.0, pattern=1))
    scores = {"waiting": {name: logs for name, logs in inputs_for(table).scores["waiting"].items() if name != SETTINGS}}
    found = advise(comparisons_of(table), replace(inputs_for(table), scores=scores))
    assert found.stack == SETTINGS
    assert str(found.reason).endswith("could not be tested: too few quiet blocks have both.")


def test_an_unknown_tier_is_an_error() -> None:
    """A stack whose place among the tiers is not known is a mistake of the caller's."""
    table = one(fastapi_uvicorn=blocks(6.0))
    with pytest.raises(KeyError, match="rewrite"):
        advise(comparisons_of(table), replace(inputs_for(table), ranks={"settings": 0}))


def test_the_bounds_of_a_mean_are_the_means_of_the_bounds() -> None:
    """Over two scenarios all three figures are geometric means."""
    both = tuple(
        Comparison(name, "slow", "x", "rate", speedup, speedup / 2, speedup * 2, 0.95, "faster")
        for name, speedup in (("a", 4.0), ("b", 1.0))
    )
    found = MeanSpeedup(both)
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


@given(tables())
def test_advice_keeps_its_promises(table: Table) -> None:
    """For any results: no control, nothing slower anywhere, nothing dearer that is shown to be a tenth better."""
    comparisons = comparisons_of(table)
    found = advise(comparisons, inputs_for(table))
    assert found.sentence.endswith(".")
    assert (found.stack is not None) is (found.kind == "change")
    assert all(each.low <= 1.10 for each in found.dearer or ()) or found.kind == "inconclusive"
    if found.stack is None:
        return
    here = [each for each in comparisons if each.candidate == found.stack]
    assert found.tier != "control"
    assert all(each.verdict != "slower" for each in here)
    assert found.proven is (any(each.verdict == "faster" for each in here) and (found.low or 0) > 1)
    assert all(RANKS[each.tier] > RANKS[str(found.tier)] for each in found.dearer or ())


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_comparisons_makes_no_difference(table: Table, draw: Random) -> None:
    """The same figures give the same advice in any order."""
    comparisons = comparisons_of(table)
    shuffled = list(comparisons)
    draw.shuffle(shuffled)
    forth, back = advise(comparisons, inputs_for(table)), advise(shuffled, inputs_for(table))
    assert (forth.kind, forth.stack, forth.best) == (back.kind, back.stack, back.best)


@pytest.mark.parametrize(
    ("metrics", "better"),
    [
        (("rate",), "faster"),
        (("event_cpu",), "cheaper in CPU time an event"),
        (("event_delay",), "more punctual (p99 of its events' added delay)"),
        (("event_cpu", "event_delay"), "better (CPU time an event, or p99 of its events' added delay)"),
        (("event_cpu", "rate"), "faster"),
    ],
)
def test_advice_on_streams_says_what_was_compared(metrics: tuple[Metric, ...], better: str) -> None:
    """No sentence calls a stack faster whose events are cheaper or less late."""
    table = {f"streams-{metric}": {FASTAPI: blocks(1.01, 0.001)} for metric in metrics}
    compared = [replace(each, metric=metric) for each, metric in zip(comparisons_of(table), metrics, strict=True)]
    found = advise(compared, inputs_for(table))
    assert found.kind == "no change"
    assert f"no other stack is more than 10 % {better} than" in found.sentence


@pytest.mark.parametrize(("metric", "words"), [("rate", ("faster", "slower")), ("event_cpu", ("better", "worse"))])
def test_a_gain_without_a_size_is_named_by_what_was_compared(metric: Metric, words: tuple[str, str]) -> None:
    """Faster or slower; of streams better or worse."""
    (each,) = comparisons_of(one(fastapi_uvicorn=blocks(2.0)))
    unsized = replace(each, metric=metric, low=None, high=None)
    shown = [MeanSpeedup((replace(unsized, verdict=verdict),)).figures for verdict in ("faster", "slower")]
    assert shown == [f"{word} (size uncertain)" for word in words]
