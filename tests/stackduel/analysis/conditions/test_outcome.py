"""A condition is met when all of its interval meets it; noise fails nothing, and what nobody can tell is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conditions.metrics import Dimension, MetricValue, Missing
from stackduel.analysis.conditions.outcome import ConditionState
from tests.stackduel.analysis.conditions.made import SCOPE, Made, judged

NEW = ("speedup", "new", "waiting-100")
BOUNDED = Made({NEW: MetricValue(2.0, 1.8, 2.2)})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("speedup(new,waiting-100) < 2.3", "met"),
        ("speedup(new,waiting-100) < 2.2", "open"),
        ("speedup(new,waiting-100) <= 2.2", "met"),
        ("speedup(new,waiting-100) < 2", "open"),
        ("speedup(new,waiting-100) <= 1.8", "open"),
        ("speedup(new,waiting-100) < 1.8", "unmet"),
        ("speedup(new,waiting-100) > 1.7", "met"),
        ("speedup(new,waiting-100) > 1.8", "open"),
        ("speedup(new,waiting-100) >= 1.8", "met"),
        ("speedup(new,waiting-100) >= 2.3", "unmet"),
        ("1.7 < speedup(new,waiting-100)", "met"),
        ("2.3 <= speedup(new,waiting-100)", "unmet"),
        ("not speedup(new,waiting-100) >= 2.3", "met"),
        ("not speedup(new,waiting-100) >= 2", "open"),
        ("speedup.point(new,waiting-100) >= 2", "met"),
        ("speedup.point(new,waiting-100) > 2", "unmet"),
        ("speedup.low(new,waiting-100) < 2", "met"),
        ("speedup.high(new,waiting-100) < 2", "unmet"),
        ("speedup.low(new,waiting-100) < speedup.high(new,waiting-100)", "met"),
    ],
)
def test_the_whole_interval_decides_unless_a_part_is_named(text: str, word: ConditionState) -> None:
    """Between 1.8 and 2.2 nothing is sure of what lies in between, whichever way it is asked."""
    assert judged(text, BOUNDED).word == word


def test_without_an_interval_the_point_decides() -> None:
    """A run of few blocks has no more to say; its bounds cannot be told."""
    figures = Made({NEW: MetricValue(2.0)})
    assert judged("speedup(new,waiting-100) < 2.1", figures).word == "met"
    found = judged("speedup.low(new,waiting-100) < 2.1", figures)
    assert found.word == "untold"
    assert found.sentence == (
        "condition cannot be told: speedup.low(new,waiting-100) < 2.1: "
        "speedup.low(new, waiting-100): too few blocks for an interval"
    )


def test_noisy_trials_meet_nothing() -> None:
    """Neither a condition nor its opposite rests on trials that were kept in spite of the host; its parts may."""
    figures = Made({NEW: MetricValue(2.0, 1.8, 2.2, noisy=True)})
    for text in ("speedup(new,waiting-100) < 3", "not speedup(new,waiting-100) < 3", "speedup(new,waiting-100) > 3"):
        found = judged(text, figures)
        assert found.word == "open"
        assert "rests on trials kept in spite of the host's noise" in found.sentence
    assert judged("speedup.point(new,waiting-100) < 3", figures).word == "met"


MET, UNMET, OPEN, UNTOLD = "errors(new,waiting-10) > 0", "errors(new,waiting-10) > 1", "p50 < 5ms", "p99 < 5ms"
WORDS: dict[str, ConditionState] = {MET: "met", UNMET: "unmet", OPEN: "open", UNTOLD: "untold"}


class Four(Made):
    """Figures of which one condition each is met, unmet, open and untold."""

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        return {"errors": MetricValue(1), "p50": MetricValue(5, 4, 6)}.get(name, Missing("nobody knows"))


@pytest.mark.parametrize("left", WORDS)
@pytest.mark.parametrize("right", WORDS)
def test_and_or_and_not_know_what_is_open_and_what_cannot_be_told(left: str, right: str) -> None:
    """What decides alone decides; else what cannot be told goes before what is open."""
    words = {WORDS[left], WORDS[right]}
    both = next((word for word in ("unmet", "untold", "open") if word in words), "met")
    either = next((word for word in ("met", "untold", "open") if word in words), "unmet")
    assert judged(f"{left} and {right}", Four()).word == both
    assert judged(f"{left} or {right}", Four()).word == either
    # De Morgan's laws.
    assert judged(f"not ({left} and {right})", Four()).word == judged(f"not {left} or not {right}", Four()).word


def test_what_is_not_named_is_asked_of_all_and_met_by_one() -> None:
    """Of every scenario and every stack that is neither a twin nor a control; a speedup not of the baseline."""
    figures = Made({("errors", "new", "waiting-100"): MetricValue(3)}, otherwise=MetricValue(0))
    found = judged("errors > 0", figures)
    assert (found.word, found.details) == ("met", ("errors(new, waiting-100) is 3",))
    assert {(stack, scenario) for _, stack, scenario, _ in figures.asked} == {
        (stack, scenario) for stack in ("old", "new") for scenario in ("waiting-10", "waiting-100")
    }
    figures.asked.clear()
    assert judged("speedup(waiting-10) < 2", figures).word == "met"
    assert {stack for _, stack, _, _ in figures.asked} == {"new"}


def test_two_figures_are_of_the_same_stack_and_scenario() -> None:
    """What neither side names is the same on both."""
    figures = Made(
        {
            ("p50", "new", "waiting-10"): MetricValue(5),
            ("p50", "old", "waiting-10"): MetricValue(4),
            ("p50", "new", "waiting-100"): MetricValue(50),
            ("p50", "old", "waiting-100"): MetricValue(60),
        }
    )
    found = judged("p50(new) > p50(old)", figures)
    assert found.details == ("p50(new, waiting-10) is 5 ms, p50(old, waiting-10) is 4 ms",)
    assert judged("p50(new,waiting-100) > p50(old,waiting-10)", figures).word == "met"


def test_where_one_place_is_met_the_others_need_not_be_known() -> None:
    """A missing figure is told only where it could matter."""
    figures = Made({("p99", "new", "waiting-10"): MetricValue(500)}, otherwise=Missing("too few"))
    assert judged("p99 > 100ms", figures).word == "met"
    found = judged("p99 > 1s", figures)
    assert found.word == "untold"
    assert "p99(old, waiting-10): too few; p99(old, waiting-100): too few" in found.sentence


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("p99(new,waiting-10) > 0.1s", MetricValue(120.0, 110.0, 130.0), "is 120 ms (110 to 130)"),
        ("errors(new,waiting-10) > 1 %", MetricValue(0.0123), "is 1.23 %"),
        ("errors(new,waiting-10) > 1", MetricValue(12345), "is 12,345"),
        ("memory(new,waiting-10) > 1GiB", MetricValue(2048.0), "is 2048 MiB"),
        ("rate(new,waiting-10) < 1000", MetricValue(987.65), "is 987.6 req/s"),
        ("speedup(new,waiting-10) < 3x", MetricValue(2.51), "is 2.51x"),
    ],
)
def test_a_sentence_says_what_was_measured(text: str, value: MetricValue, said: str) -> None:
    """With its unit, so that nobody must look it up; units of the condition are converted."""
    found = judged(text, Made({(text.partition("(")[0], "new", "waiting-10"): value}))
    assert found.word == "met"
    assert found.sentence.endswith(said)
    assert "\n" not in judged(f"\n{text}\n", Made()).sentence


def test_many_details_are_counted() -> None:
    """The line stays a line."""
    assert judged("errors > 5", Made()).sentence.endswith("; and 1 more")


def test_nobody_to_ask_is_told() -> None:
    """A run of the baseline alone has no speedups."""
    found = judged("speedup < 2", Made(), replace(SCOPE, stacks=("old",), usual=("old",)))
    assert (found.word, found.details) == ("untold", ("no stack of this run is asked about: name one",))


VALUES = st.builds(
    lambda point, below, above: MetricValue(point, point - below, point + above),
    st.floats(1, 100),
    st.floats(0, 50),
    st.floats(0, 50),
)


@given(VALUES, st.floats(0, 200).map(lambda bound: round(bound, 3)), st.sampled_from(["<", "<=", ">", ">="]))
def test_met_means_that_no_value_of_the_interval_says_otherwise(
    value: MetricValue, bound: float, operator: str
) -> None:
    """Met and unmet are what both ends say, and open is where they differ; never met together with its opposite."""
    figures = Made({NEW: value})
    whole = judged(f"speedup(new,waiting-100) {operator} {bound:.3f}", figures).word
    ends = {judged(f"speedup.{end}(new,waiting-100) {operator} {bound:.3f}", figures).word for end in ("low", "high")}
    assert whole == (ends.pop() if len(ends) == 1 else "open")
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
    assert (judged(f"speedup(new,waiting-100) {opposite} {bound:.3f}", figures).word == "met") == (whole == "unmet")
