"""A condition is met when the whole interval meets it; noise fails nothing, and a missing metric is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conditions.evaluation import ConditionState
from stackduel.analysis.conditions.metrics import MetricValue, Missing
from tests.stackduel.analysis.conditions.made import SCOPE, FixedMetrics, evaluated

NEW = ("speedup", "new", "waiting-100")
BOUNDED = FixedMetrics({NEW: MetricValue(2.0, 1.8, 2.2)})


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("speedup(new,waiting-100) < 2.3", "met"),
        ("speedup(new,waiting-100) < 2.2", "undecided"),
        ("speedup(new,waiting-100) <= 2.2", "met"),
        ("speedup(new,waiting-100) < 2", "undecided"),
        ("speedup(new,waiting-100) <= 1.8", "undecided"),
        ("speedup(new,waiting-100) < 1.8", "unmet"),
        ("speedup(new,waiting-100) > 1.7", "met"),
        ("speedup(new,waiting-100) > 1.8", "undecided"),
        ("speedup(new,waiting-100) >= 1.8", "met"),
        ("speedup(new,waiting-100) >= 2.3", "unmet"),
        ("1.7 < speedup(new,waiting-100)", "met"),
        ("2.3 <= speedup(new,waiting-100)", "unmet"),
        ("speedup.point(new,waiting-100) >= 2", "met"),
        ("speedup.point(new,waiting-100) > 2", "unmet"),
        ("speedup.low(new,waiting-100) < 2", "met"),
        ("speedup.high(new,waiting-100) < 2", "unmet"),
        ("speedup.low(new,waiting-100) < speedup.high(new,waiting-100)", "met"),
    ],
)
def test_the_whole_interval_decides_unless_a_part_is_named(text: str, state: ConditionState) -> None:
    """A bound between 1.8 and 2.2 decides nothing, whichever operator is used."""
    assert evaluated(text, BOUNDED).state == state


def test_without_an_interval_the_point_decides() -> None:
    """A run of few blocks has a point; its bounds are unknown."""
    metrics = FixedMetrics({NEW: MetricValue(2.0)})
    assert evaluated("speedup(new,waiting-100) < 2.1", metrics).state == "met"
    result = evaluated("speedup.low(new,waiting-100) < 2.1", metrics)
    assert result.state == "unknown"
    assert result.sentence == (
        "condition cannot be evaluated: speedup.low(new,waiting-100) < 2.1: "
        "speedup.low(new, waiting-100): too few blocks for an interval"
    )


def test_noisy_trials_meet_nothing() -> None:
    """Trials kept in spite of the host's noise decide neither a condition nor its opposite; a named part decides."""
    metrics = FixedMetrics({NEW: MetricValue(2.0, 1.8, 2.2, noisy=True)})
    for text in ("speedup(new,waiting-100) < 3", "speedup(new,waiting-100) >= 3", "speedup(new,waiting-100) > 3"):
        result = evaluated(text, metrics)
        assert result.state == "undecided"
        assert "from trials kept in spite of the host's noise" in result.sentence
    assert evaluated("speedup.point(new,waiting-100) < 3", metrics).state == "met"


def test_what_is_not_named_is_asked_of_all_and_met_by_one() -> None:
    """Every scenario and every stack that is neither a twin nor a control is asked; a speedup not of the baseline."""
    metrics = FixedMetrics({("errors", "new", "waiting-100"): MetricValue(3)}, otherwise=MetricValue(0))
    result = evaluated("errors > 0", metrics)
    assert (result.state, result.details) == ("met", ("errors(new, waiting-100) is 3",))
    assert {(stack, scenario) for _, stack, scenario, _ in metrics.asked} == {
        (stack, scenario) for stack in ("old", "new") for scenario in ("waiting-10", "waiting-100")
    }
    metrics.asked.clear()
    assert evaluated("speedup(waiting-10) < 2", metrics).state == "met"
    assert {stack for _, stack, _, _ in metrics.asked} == {"new"}


def test_two_figures_are_of_the_same_stack_and_scenario() -> None:
    """A stack or scenario that neither side names is the same on both."""
    metrics = FixedMetrics(
        {
            ("p50", "new", "waiting-10"): MetricValue(5),
            ("p50", "old", "waiting-10"): MetricValue(4),
            ("p50", "new", "waiting-100"): MetricValue(50),
            ("p50", "old", "waiting-100"): MetricValue(60),
        }
    )
    result = evaluated("p50(new) > p50(old)", metrics)
    assert result.details == ("p50(new, waiting-10) is 5 ms, p50(old, waiting-10) is 4 ms",)
    assert evaluated("p50(new,waiting-100) > p50(old,waiting-10)", metrics).state == "met"


def test_where_one_place_is_met_the_others_need_not_be_known() -> None:
    """A missing metric is reported only where it could matter."""
    metrics = FixedMetrics({("p99", "new", "waiting-10"): MetricValue(500)}, otherwise=Missing("too few"))
    assert evaluated("p99 > 100ms", metrics).state == "met"
    result = evaluated("p99 > 1s", metrics)
    assert result.state == "unknown"
    assert "p99(old, waiting-10): too few; p99(old, waiting-100): too few" in result.sentence


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("p99(new,waiting-10) > 0.1s", MetricValue(120.0, 110.0, 130.0), "is 120 ms (110 to 130)"),
        ("errors(new,waiting-10) > 1 %", MetricValue(0.0123), "is 1.23 %"),
        ("errors(new,waiting-10) > 1", MetricValue(12345), "is 12,345"),
        ("memory(new,waiting-10) > 1GiB", MetricValue(2048.0), "is 2048 MiB"),
        ("rate(new,waiting-10) < 1000", MetricValue(987.65), "is 987.6 req/s"),
        ("speedup(new,waiting-10) < 3x", MetricValue(2.51), "is 2.51x"),
    ],
)
def test_a_sentence_says_what_was_measured(text: str, value: MetricValue, shown: str) -> None:
    """The sentence has the unit of the metric; units of the condition are converted."""
    result = evaluated(text, FixedMetrics({(text.partition("(")[0], "new", "waiting-10"): value}))
    assert result.state == "met"
    assert result.sentence.endswith(shown)
    assert "\n" not in evaluated(f"\n{text}\n", FixedMetrics()).sentence


def test_many_details_are_counted() -> None:
    """A sentence names three places and counts the others."""
    assert evaluated("errors > 5", FixedMetrics()).sentence.endswith("; and 1 more")


def test_a_condition_without_a_fitting_stack_is_unknown() -> None:
    """A run of the baseline alone has no speedups."""
    result = evaluated("speedup < 2", FixedMetrics(), replace(SCOPE, stacks=("old",), usual=("old",)))
    assert (result.state, result.details) == ("unknown", ("no stack of this run fits: name one",))


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
    """Met and unmet are what both ends give, open where they differ; the opposite operator gives the opposite."""
    metrics = FixedMetrics({NEW: value})
    whole = evaluated(f"speedup(new,waiting-100) {operator} {bound:.3f}", metrics).state
    texts = [f"speedup.{end}(new,waiting-100) {operator} {bound:.3f}" for end in ("low", "high")]
    ends = {evaluated(text, metrics).state for text in texts}
    assert whole == (ends.pop() if len(ends) == 1 else "undecided")
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[operator]
    assert (evaluated(f"speedup(new,waiting-100) {opposite} {bound:.3f}", metrics).state == "met") == (whole == "unmet")
