"""Waits and slots of a user's own stacks: learned, or left out where nobody knows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.learned_waits import learned_waits, wait_seconds
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.trial import Cost, trials_by_place
from stackduel.report.html.page import render
from tests.stackduel.makers import run, trial

SEARCH = Workload("/search?page=1")
ALONE = Scenario("search-1", (SEARCH,), ClosedLoop(1, duration_s=2.0))
MANY = Scenario("search-16", (SEARCH,), ClosedLoop(16, duration_s=2.0))
THREADS = StackFacts("baseline", command=("gunicorn", "-w", "2"), waiting_slots=2, slots_from="its command line")
EVENTS = StackFacts("rewrite", command=("uvicorn",), slots_from="its command line")
UNKNOWN = StackFacts("rewrite", command=("./serve",))


def compared(after: StackFacts, scenarios: tuple[Scenario, ...] = (ALONE, MANY), speedup: float = 8.0) -> Run:
    """Five blocks of requests that wait 99 ms on two slots, and on a stack that is faster with 16 connections."""
    results = []
    for block in range(1, 6):
        for scenario in scenarios:
            one = scenario is ALONE
            slow = 20 if one else 40
            for name, requests in (
                ("before", slow),
                ("before.twin", slow),
                ("after", slow if one else round(slow * speedup)),
            ):
                count = requests + block % 2
                cost = Cost(0.001 * count, 64.0, ())
                results.append(trial(name, count, block=block, scenario=scenario.name, latency_ms=100.0, cost=cost))
    made = run(results, scenarios=scenarios)
    stacks = {"before": THREADS, "after": after, "before.twin": replace(THREADS, tier="A/A")}
    return conclude(replace(made, stacks=stacks, baseline="before"))


def test_a_wait_is_what_a_request_alone_takes_beyond_its_cpu_time() -> None:
    """Per stack and request, from the scenario of one connection; of the same request with more connections, too."""
    made = compared(EVENTS)
    learned = learned_waits(made.suite.scenarios, trials_by_place(each for each in made.results))
    wait_s = learned["before", SEARCH]
    assert 0.090 < wait_s < 0.1
    assert wait_seconds(MANY, "before", THREADS, learned) == wait_s
    assert wait_seconds(MANY, "elsewhere", THREADS, learned) is None


def test_what_its_owner_says_counts_before_what_was_learned() -> None:
    """Also where nothing could be learned."""
    told = replace(MANY, workloads=(replace(SEARCH, wait_s=0.05),))
    assert wait_seconds(told, "before", THREADS, {}) == 0.05


def test_with_slots_and_waits_the_ceiling_and_the_curve_are_right() -> None:
    """Two slots and 99 ms are about 20 req/s, the stack without slots does 8 times as much, and so it is predicted."""
    made = compared(EVENTS)
    limit = next(each for each in made.limits if (each.scenario, each.stack) == ("search-16", "before"))
    assert limit.binds == "waiting slots"
    (curve,) = made.curves
    point = next(each for each in curve.measured if each.scenario == "search-16")
    assert point.predicted == pytest.approx(point.measured, rel=0.05)
    assert "From which wait on does it pay?" in render(made)


def test_with_unknown_slots_both_sections_are_left_out() -> None:
    """A stack that holds nobody knows how many requests has neither a lowest ceiling nor a prediction."""
    made = compared(UNKNOWN, speedup=4.0)
    assert made.curves == ()
    limit = next(each for each in made.limits if (each.scenario, each.stack) == ("search-16", "after"))
    assert (limit.binds, limit.predicted_rps) == (None, None)
    assert "From which wait on does it pay?" not in render(made)


def test_with_an_unknown_wait_both_sections_are_left_out() -> None:
    """Without a scenario of one connection nobody knows how long a request waits."""
    made = compared(EVENTS, (MANY,))
    assert made.curves == ()
    text = render(made)
    assert "From which wait on does it pay?" not in text
    assert "Measured against the lowest ceiling" not in text


def test_a_prediction_that_is_refuted_is_not_shown() -> None:
    """An application that blocks its event loop gains nothing, whatever its server could hold."""
    made = compared(EVENTS, speedup=1.1)
    assert made.curves == ()
    assert "From which wait on does it pay?" not in render(made)
