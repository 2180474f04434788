"""Conditions on searches."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.analysis.conditions.metrics import MetricValue, Missing
from stackduel.analysis.conditions.search_metrics import OF_A_SEARCH, SearchMetrics
from tests.stackduel.profile_runs import profile_run
from tests.stackduel.report.html.runs import SEARCHES


@pytest.mark.parametrize(
    ("mode", "name", "value"),
    [
        ("capacity", "capacity", MetricValue(100, 100, 110)),
        ("sustained", "connections", MetricValue(8)),
        ("sustained", "rate", MetricValue(150, 148, 152)),
        ("breaking-point", "held", MetricValue(100, 100, 200)),
        ("cold-start", "launch", MetricValue(800, 700, 900)),
        ("cold-start", "cpu", MetricValue(500)),
        ("shutdown", "lost", MetricValue(20)),
        ("shutdown", "refused", MetricValue(320)),
        ("shutdown", "killed", MetricValue(0)),
        ("shutdown", "ended", MetricValue(980)),
        ("recycling", "lost", MetricValue(12)),
        ("leaving", "noticed", MetricValue(81)),
        ("leaving", "cancelled", MetricValue(82)),
        ("leaving", "unnoticed", MetricValue(0)),
        ("leaving", "uncancelled", MetricValue(0)),
        ("leaving", "kept", MetricValue(0.5)),
        ("leaving", "cut", MetricValue(1)),
        ("slow-readers", "p99", MetricValue(9)),
        ("slow-readers", "harm", MetricValue(1.125)),
        ("slow-readers", "memory", MetricValue(4.5)),
        ("slow-readers", "unheld", MetricValue(0)),
        ("slow-readers", "unheld_upstream", MetricValue(0)),
        ("slow-readers", "cut", MetricValue(1)),
        ("soak", "growth", MetricValue(2.0, -1.0, 5.0)),
        ("soak", "memory", MetricValue(63.0)),
        ("soak", "p99", MetricValue(31)),
        ("soak", "errors", MetricValue(0)),
    ],
)
def test_search_results_have_metrics(mode: str, name: str, value: MetricValue) -> None:
    """A confirmed rate has an interval up to the next higher rate."""
    kind, _ = OF_A_SEARCH[mode][name]
    assert SearchMetrics(SEARCHES[mode]).value(name, "slow", "waiting", kind.dimensions[0]) == value


@pytest.mark.parametrize(
    ("mode", "name", "stack", "why"),
    [
        ("capacity", "replicas", "slow", "no demand was given, or no rate confirmed"),
        ("cold-start", "cpu", "fast", "unknown: the stack runs elsewhere"),
        ("cold-start", "speedup", "slow", "the baseline was not launched beside it"),
        ("leaving", "cancelled", "fast", "the stack does not say when, or nobody left an open stream"),
        ("leaving", "kept", "fast", "memory is unknown"),
        ("slow-readers", "p99", "fast", "too few events, or no timetable"),
        ("slow-readers", "unheld_upstream", "fast", "the stack does not say it, or nothing was read slowly"),
        ("soak", "memory", "absent", "the search did not finish"),
    ],
)
def test_a_missing_search_result_has_its_reason(mode: str, name: str, stack: str, why: str) -> None:
    """A metric without a value has a reason."""
    kind, _ = OF_A_SEARCH[mode][name]
    assert SearchMetrics(SEARCHES[mode]).value(name, stack, "waiting", kind.dimensions[0]) == Missing(why)


def test_who_never_notices_breaks_every_bound() -> None:
    """A client that was not noticed within the window was noticed after no time that a bound could allow."""
    assert SearchMetrics(SEARCHES["leaving"]).value("noticed", "fast", "waiting", "time") == MetricValue(math.inf)
    (condition,) = conditions_for(["noticed(fast) > 60s"], SEARCHES["leaving"]).evaluate_on(SEARCHES["leaving"])
    assert condition.state == "met"


@pytest.mark.parametrize("mode", OF_A_SEARCH)
def test_every_figure_of_every_mode_is_known_or_missing(mode: str) -> None:
    """Every metric can be read from every result."""
    made = {**SEARCHES, "profile": profile_run()}[mode]
    for name, (kind, _) in OF_A_SEARCH[mode].items():
        for finding in made.findings:
            for dimension in kind.dimensions:
                found = SearchMetrics(made).value(name, finding.stack, finding.scenario, dimension)
                assert isinstance(found, MetricValue | Missing)


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        ("capacity(slow) < 200", "met", "capacity(slow, waiting) is 100 req/s (100 to 110)"),
        ("capacity(slow) < 105", "undecided", "capacity(slow, waiting) is 100 req/s (100 to 110)"),
        ("capacity(fast) < 400", "unmet", "capacity(fast, waiting) is at least 470 req/s"),
        ("capacity.point(fast) < 500rps", "met", "capacity.point(fast, waiting) is 470 req/s"),
        ("replicas > 3", "unknown", "no demand was given"),
        ("streams(slow) < 300", "unknown", "the search was for a rate"),
    ],
)
def test_a_search_fails_only_where_it_is_sure(text: str, state: str, message: str) -> None:
    """A bound between the confirmed rate and the next higher one leaves the condition undecided."""
    made = replace(SEARCHES["capacity"], baseline="slow")
    (result,) = conditions_for([text], made).evaluate_on(made)
    assert result.state == state
    assert message in result.sentence


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        ("streams(slow) < 300", "met", "streams(slow, waiting) is 256 (256 to 280)"),
        ("streams(slow) < 270", "undecided", "streams(slow, waiting) is 256"),
        ("streams(fast) < 600", "unmet", "streams(fast, waiting) is at least 700"),
        ("capacity(fast) < 100", "unknown", "the search was for a number of streams"),
    ],
)
def test_streams_that_are_held_are_a_number(text: str, state: str, message: str) -> None:
    """Between the number that was confirmed and the next higher one the condition is undecided."""
    made = replace(SEARCHES["streams-held"], baseline="slow")
    (result,) = conditions_for([text], made).evaluate_on(made)
    assert result.state == state
    assert message in result.sentence


@pytest.mark.parametrize(
    ("text", "state", "message"),
    [
        ("efficiency(fast) < 90%", "met", "efficiency(fast, waiting) is 7"),
        ("speedup(slow) > 4", "unmet", "speedup(slow, waiting) is 2."),
        ("rate(fast) < 10", "unmet", "rate(fast, waiting) is"),
    ],
)
def test_a_scaling_is_judged_by_its_stacks_on_the_most_cores(text: str, state: str, message: str) -> None:
    """Conditions name the stack itself, not one of its arms."""
    made = SEARCHES["scaling"]
    (result,) = conditions_for([text], made).evaluate_on(made)
    assert result.state == state
    assert message in result.sentence
