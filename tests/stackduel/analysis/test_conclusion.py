"""Conclusions from the trials of a run."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.comparisons import compare
from stackduel.analysis.conclusion import blocks_after_pilot, conclude, fixed_in, slots_of
from stackduel.analysis.leads import lead, quiet_scores
from stackduel.analysis.statistics.intervals import half_width
from stackduel.model.budget import Budget
from stackduel.model.environment import Environment
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Cost, Trial
from tests.stackduel.makers import WAITING, run, trial

ABOUT = msgspec.convert(
    {
        "slow": {"tier": "baseline", "waiting_slots": 2, "fans_out": True},
        "slow.twin": {"tier": "A/A", "waiting_slots": 2, "fans_out": True},
        "fast": {"tier": "rewrite", "waiting_slots": None, "fans_out": True},
    },
    dict[str, StackFacts],
)


def block(number: int, **requests: int) -> Iterator[Trial]:
    for stack, each in requests.items():
        yield trial(stack.replace("_", "."), each, block=number, cost=Cost(each * 0.001, 64))


def measured(slow: Sequence[int], twin: Sequence[int], fast: Sequence[int]) -> Run:
    """A run of the baseline, its twin and one candidate, as many blocks as there are figures."""
    results = [
        each
        for number, figures in enumerate(zip(slow, twin, fast, strict=True), 1)
        for each in block(number, slow=figures[0], slow_twin=figures[1], fast=figures[2])
    ]
    return replace(run(results, {"slow": "baseline", "fast": "rewrite"}), stacks=ABOUT)


def faster() -> Run:
    return measured([38, 38, 38, 38, 38], [38, 38, 38, 38, 38], [190, 191, 189, 190, 190])


def test_the_twin_is_compared_and_never_advised() -> None:
    """It has a comparison and a limit, but no curve, no part in the advice, and no change."""
    found = conclude(faster(), block_s=60)
    assert {each.candidate for each in found.comparisons} == {"slow.twin", "fast"}
    assert {each.stack for each in found.limits} == {"slow", "slow.twin", "fast"}
    assert [curve.candidate for curve in found.curves] == ["fast"]
    assert found.advice is not None
    assert (found.advice.run.kind, found.advice.run.stack) == ("change", "fast")
    assert found.advice.scenarios.keys() == {"waiting"}


def test_the_scenarios_of_a_fixed_number_are_known() -> None:
    """A fixed number of requests has no rounds, and its comparison no resolution; a window has both."""
    fixed = replace(WAITING, load=ClosedLoop(10, requests=200, rated=True))
    results = faster().results
    for scenario, names in ((fixed, {"waiting"}), (WAITING, set[str]())):
        made = replace(faster(), suite=replace(faster().suite, scenarios=(scenario,)))
        assert fixed_in(made.suite) == names
        found = conclude(replace(made, results=results)).comparisons
        assert all((each.resolution == 0) is bool(names) for each in found)


def test_every_comparison_names_what_binds_its_candidate() -> None:
    """Slots bind the baseline's twin, connections the candidate that can hold any number."""
    found = conclude(faster())
    assert {each.candidate: each.binds for each in found.comparisons} == {
        "slow.twin": "waiting slots",
        "fast": "connections",
    }


def test_the_cores_of_the_run_are_those_of_its_environment() -> None:
    """Two cores for the server have twice the CPU time."""
    one = conclude(faster())
    budget = Budget((0, 1), (2,), (3,))
    two = conclude(replace(faster(), environment=Environment(budget=budget)))
    assert two.curves[0].speedups[0] == pytest.approx((1.0, 1.0, 1.0, 1.0, 1.0))
    # 50 connections that wait 10 ms could make 4,545 requests a second; a core makes 1,000 of them.
    assert two.curves[0].speedups[3][2] == pytest.approx(2 * one.curves[0].speedups[3][2])


def test_a_run_without_results_concludes_nothing() -> None:
    """Before the first trial there is nothing to compare, and the advice is "not tested"."""
    found = conclude(replace(faster(), results=()), block_s=1)
    assert (found.comparisons, found.limits, found.curves) == ((), (), ())
    assert found.advice is not None
    assert found.advice.run.kind == "not tested"


def test_slots_are_those_that_the_run_describes() -> None:
    """A stack that says nothing of them has no limit."""
    assert slots_of({**ABOUT, "mine": StackFacts("rewrite")}) == {"slow": 2, "slow.twin": 2, "fast": None, "mine": None}


def test_an_open_question_says_how_many_minutes_would_settle_it() -> None:
    """As many blocks as the forecast asks for beyond those measured, of so many seconds each."""
    made = measured([1000] * 5, [1000, 1005, 995, 1000, 1000], [1080, 1280, 1150, 1230, 1120])
    made = replace(made, stacks={name: replace(each, waiting_slots=2) for name, each in ABOUT.items()})
    found = conclude(made, block_s=90)
    own = lead(quiet_scores(made.results), ["waiting"], "fast", "slow", 0.05)
    assert own is not None
    blocks = own.blocks_to_decide(200)
    assert blocks is not None
    assert blocks > 5
    assert found.advice is not None
    assert found.advice.run.kind == "inconclusive"
    assert found.advice.run.minutes == pytest.approx((blocks - 5) * 1.5)
    unpaced = conclude(made)
    assert unpaced.advice is not None
    assert unpaced.advice.run.minutes is None


def test_without_intervals_a_pilot_fixes_nothing() -> None:
    """Four blocks have no spread to plan by."""
    made = measured([38] * 4, [38] * 4, [190] * 4)
    assert blocks_after_pilot(compare(made.results, "slow"), 0.02, 30) is None
    assert blocks_after_pilot((), 0.02, 30) is None


@given(
    st.lists(st.integers(900, 1100), min_size=5, max_size=6),
    st.lists(st.integers(900, 1100), min_size=5, max_size=6),
    st.floats(0.005, 0.2),
    st.integers(6, 60),
)
def test_a_pilot_plans_for_the_largest_spread(fast: list[int], twin: list[int], precision: float, cap: int) -> None:
    """The fewest blocks at which every interval, the twin's among them, would be as narrow as wished, or the cap."""
    number = min(len(fast), len(twin))
    fast, twin = fast[:number], twin[:number]
    comparisons = compare(measured([1000] * number, twin, fast).results, "slow")
    fixed = blocks_after_pilot(comparisons, precision, cap)
    assert fixed is not None
    assert 5 <= fixed <= cap
    largest = max(statistics.stdev([math.log(each / 1000) for each in side]) for side in (fast, twin))
    widths = {blocks: half_width(largest, blocks) for blocks in (fixed - 1, fixed) if blocks >= 5}
    assert fixed == cap or widths[fixed] <= precision * (1 + 1e-9)
    assert fixed == 5 or widths[fixed - 1] > precision * (1 - 1e-9)
