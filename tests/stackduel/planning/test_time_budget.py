"""The measurements that are left where time is short."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.duration import parse_duration
from stackduel.model.plan_step import IsolatedStep
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.estimates import SOLO_S, Pace, total_seconds
from stackduel.planning.order import interleaved
from stackduel.planning.time_budget import (
    MOST_BLOCKS,
    ROUNDS,
    SHORTEST_S,
    WORTH_HAVING,
    block_seconds,
    fit,
    precision_of,
)
from tests.stackduel.makers import CALLING, WAITING

PACES = {"a": Pace(1.0, 8, fans_out=False), "b": Pace(1.0), "a.twin": Pace(1.0, 8, fans_out=False)}

numbers = st.integers(1, 200)
seconds = st.floats(0.05, 60)
closed_loops = st.builds(
    ClosedLoop, numbers, duration_s=seconds, warmup_s=st.floats(0, 5), warmup_requests=st.integers(0, 400)
)
counted_loops = st.builds(ClosedLoop, numbers, requests=st.integers(1, 50), warmup_requests=st.integers(0, 20))
open_loops = st.builds(OpenLoop, st.floats(20, 500), seconds, warmup_s=st.floats(0, 5))
loads: st.SearchStrategy[Load] = st.one_of(closed_loops, counted_loops, open_loops)
targets = st.sampled_from(["/slow-io?delay=0.1", "/benchmark/io-test?delay=0.02&concurrent=10", "/json", "/slow-io"])
workloads = st.builds(Workload, targets)


@st.composite
def suites(draw: st.DrawFn) -> Suite:
    """Up to eight scenarios of any kind of load."""
    pairs = draw(st.lists(st.tuples(workloads, loads), min_size=1, max_size=8))
    scenarios = tuple(Scenario(f"s{place}", (workload,), load) for place, (workload, load) in enumerate(pairs))
    return Suite("mine", "", "a", ("a", "b"), draw(st.integers(1, 20)), scenarios)


def suite(*scenarios: Scenario) -> Suite:
    return Suite("mine", "", "a", ("a", "b"), 3, scenarios)


@given(suites(), st.floats(1, 7200))
def test_no_more_is_promised_than_the_time_holds(wanted: Suite, budget_s: float) -> None:
    """The plan with the most blocks that a fitted suite allows ends within the time, and has at least five blocks."""
    try:
        fitted = fit(wanted, PACES, budget_s)
    except ValueError:
        return
    assert fitted.suite.blocks == FEWEST_BLOCKS <= fitted.suite.most_blocks <= MOST_BLOCKS
    whole = interleaved(fitted.suite.with_blocks(fitted.suite.most_blocks), tuple(PACES), 1)
    assert total_seconds(whole, PACES) <= budget_s * (1 + 1e-9)
    assert fitted.block_s == pytest.approx(block_seconds(fitted.suite.scenarios, PACES))
    assert fitted.suite.precision is not None


@given(suites(), st.floats(1, 7200))
def test_what_was_left_out_is_named_and_all_else_is_measured(wanted: Suite, budget_s: float) -> None:
    """Every scenario is either in the fitted suite, under its name and with its requests, or in the sentence."""
    try:
        fitted = fit(wanted, PACES, budget_s)
    except ValueError:
        return
    named = fitted.sentence.partition(" Left out: ")[2].rstrip(".")
    left_out = named.split(", ") if named else []
    kept = [each.name for each in fitted.suite.scenarios]
    assert sorted([*kept, *left_out]) == sorted(each.name for each in wanted.scenarios)
    before = {each.name: each for each in wanted.scenarios}
    for each in fitted.suite.scenarios:
        assert replace(each, load=before[each.name].load) == before[each.name]
        assert (each.load.connections, each.load.metric) == (
            before[each.name].load.connections,
            before[each.name].load.metric,
        )


@given(suites())
def test_the_time_that_is_said_to_be_needed_is_enough(wanted: Suite) -> None:
    """A user who is refused and gives as much time as asked for is not refused again; much less fails."""
    with pytest.raises(ValueError, match=r"at least \d+(\.\d)? minutes are needed for 3 stacks") as refused:
        fit(wanted, PACES, 0.1)
    minutes = re.search(r"[\d.]+", str(refused.value))
    assert minutes is not None
    needed_s = parse_duration(f"{minutes[0]}m")
    assert fit(wanted, PACES, needed_s).suite.most_blocks >= FEWEST_BLOCKS
    with pytest.raises(ValueError, match="are needed"):
        fit(wanted, PACES, needed_s - 6.1)


@given(suites(), st.floats(60, 7200), st.floats(1, 10))
def test_more_time_never_measures_fewer_scenarios(wanted: Suite, budget_s: float, more: float) -> None:
    """With more time there are at least as many scenarios."""
    try:
        less = fit(wanted, PACES, budget_s)
    except ValueError:
        return
    assert len(fit(wanted, PACES, more * budget_s).suite.scenarios) >= len(less.suite.scenarios)


@given(suites(), st.floats(60, 1200))
def test_windows_are_shortened_but_never_to_nothing(wanted: Suite, budget_s: float) -> None:
    """No window grows; none is shorter than half a second or ten waits, unless it was before."""
    try:
        fitted = fit(wanted, PACES, budget_s)
    except ValueError:
        return
    before = {each.name: each.load for each in wanted.scenarios}
    for each in fitted.suite.scenarios:
        was, now = before[each.name].duration_s, each.load.duration_s
        if was is None or now is None:
            assert each.load == before[each.name], "a fixed number of requests is never changed"
            continue
        wait_s = {"/slow-io?delay=0.1": 0.1, "/slow-io": 1.0, "/json": 0.0}.get(each.workloads[0].target, 0.02)
        assert min(was, max(SHORTEST_S, ROUNDS * wait_s)) <= now <= was


def test_plenty_of_time_leaves_the_suite_as_it_is() -> None:
    """Nothing is shortened where the whole suite fits in at least five blocks; only their number is chosen."""
    fitted = fit(suite(WAITING, CALLING), PACES, 36_000)
    assert fitted.suite.scenarios == (WAITING, CALLING)
    assert (fitted.suite.blocks, fitted.suite.most_blocks, fitted.suite.precision) == (5, 30, 0.02)
    assert fitted.sentence == (
        "The time is enough for at most 30 blocks of both scenarios with windows of 2 s. As many would show speedups "
        "to about ±1 %, if they differ by 3 % from block to block."
    )


def test_the_wished_precision_of_a_suite_stands() -> None:
    """Only where a suite wishes none is it the usual one."""
    wished = replace(suite(WAITING), precision=0.1)
    assert fit(wished, PACES, 36_000).suite.precision == 0.1


def test_shorter_windows_come_before_fewer_scenarios() -> None:
    """At half of the time everything is measured for shorter; in a minute, the middle scenario alone."""
    scenarios = [replace(WAITING, name=f"w{n}", load=ClosedLoop(n, duration_s=20.0, warmup_s=4.0)) for n in (1, 9, 50)]
    whole_s = FEWEST_BLOCKS * block_seconds(scenarios, PACES)
    half = fit(suite(*scenarios), PACES, whole_s / 2).suite
    assert [each.name for each in half.scenarios] == ["w1", "w9", "w50"]
    assert [each.load.duration_s for each in half.scenarios] == pytest.approx([6.6] * 3)
    assert [each.load.warmup_s for each in half.scenarios] == pytest.approx([1.32] * 3)
    minute = fit(suite(*scenarios), PACES, 60)
    assert [each.name for each in minute.suite.scenarios] == ["w9"]
    assert minute.sentence.endswith(" Left out: w1, w50.")
    assert "1 of 3 scenarios" in minute.sentence


def test_commits_are_compared_in_all_requests_or_not_at_all() -> None:
    """A request that was left out may be the one that a commit made slower."""
    divided = [replace(WAITING, name=name, windows=10, load=ClosedLoop(4, duration_s=1.0)) for name in ("a", "b", "c")]
    alternating = replace(suite(*divided), most_blocks=30)
    assert alternating.alternates
    with pytest.raises(ValueError, match=r"at least .* minutes are needed for \d stacks and 3 requests"):
        fit(alternating, PACES, 30)
    fitted = fit(alternating, PACES, 600).suite
    assert [each.name for each in fitted.scenarios] == ["a", "b", "c"]
    assert [each.load.duration_s for each in fitted.scenarios] == [1.0, 1.0, 1.0]


def test_blocks_come_before_scenarios_that_all_would_end_inconclusive() -> None:
    """Of many scenarios, as many as leave enough blocks for a precision worth having; else what comes nearest to it."""
    many = [replace(WAITING, name=f"w{n}", load=ClosedLoop(n, duration_s=1.0)) for n in range(1, 41)]
    enough = fit(suite(*many), PACES, 600)
    assert 1 < len(enough.suite.scenarios) < len(many)
    assert precision_of(enough.suite, PACES, enough.suite.most_blocks) <= WORTH_HAVING
    five_blocks_s = FEWEST_BLOCKS * block_seconds(many[20:21], PACES)
    least = fit(suite(*many), PACES, five_blocks_s * 1.01).suite
    assert (len(least.scenarios), least.most_blocks) == (1, FEWEST_BLOCKS)


def test_one_scenario_is_said_as_one() -> None:
    """Its window, however long, is written in plain digits."""
    long = replace(WAITING, load=ClosedLoop(1, duration_s=120.0))
    assert fit(suite(long), PACES, 36_000).sentence.startswith(
        "The time is enough for at most 30 blocks of its one scenario with windows of 120 s. "
    )


def test_a_shortened_load_still_warms_up() -> None:
    """Rounds of unknown length stay; those of a known wait become as much time as two waits take."""
    unknown = Scenario("x", (Workload("/own"),), ClosedLoop(10, duration_s=20.0, warmup_requests=10))
    known = Scenario("y", (Workload("/slow-io?delay=0.1"),), ClosedLoop(10, duration_s=20.0, warmup_requests=10))
    fitted = fit(suite(unknown, known), PACES, 120).suite.scenarios
    assert [each.load.duration_s for each in fitted] != [20.0, 20.0]
    first, second = (each.load for each in fitted)
    assert isinstance(first, ClosedLoop)
    assert isinstance(second, ClosedLoop)
    assert first.warmup_requests == 10
    assert (second.warmup_requests, second.warmup_s) == (0, 0.2)


def test_a_shortened_open_loop_still_has_arrivals() -> None:
    """At a low rate the window holds ten arrivals, as many as the whole one did if these were fewer."""
    slow = [
        Scenario(f"r{rate:g}", (Workload("/x"),), OpenLoop(rate, 40.0, warmup_s=4.0, stable_within_s=8.0))
        for rate in (0.1, 1.0, 500.0)
    ]
    fitted = fit(suite(*slow), PACES, 1000).suite.scenarios
    assert [each.load.duration_s for each in fitted] == [40.0, 10.0, 0.5]
    assert {each.load.stable_within_s for each in fitted} == {0.0}


def test_the_twin_costs_time_and_no_precision() -> None:
    """The A/A pair is measured as every stack, and its interval is none of the table's."""
    without = {name: pace for name, pace in PACES.items() if name != "a.twin"}
    assert block_seconds([WAITING], PACES) > block_seconds([WAITING], without)
    assert precision_of(suite(WAITING), PACES, 10) == precision_of(suite(WAITING), without, 10)
    assert precision_of(suite(WAITING, CALLING), PACES, 10) > precision_of(suite(WAITING), PACES, 10)
    assert precision_of(suite(WAITING), {"a": Pace(1.0)}, 10) > 0, "one stack alone has nothing to be compared with"


def test_models_that_are_measured_alone_take_their_time_too() -> None:
    """The plan of an isolated suite ends within the time as well."""
    asked = Workload("/infer/fast-cnn", "POST", model="fast-cnn")
    wanted = replace(suite(Scenario("x", (asked,), ClosedLoop(2, duration_s=1.0))), isolated=True)
    fitted = fit(wanted, PACES, 200.0)
    whole = interleaved(fitted.suite.with_blocks(fitted.suite.most_blocks), tuple(PACES), 1)
    assert any(isinstance(step, IsolatedStep) for step in whole)
    assert total_seconds(whole, PACES) <= 200.0
    assert fitted.block_s == pytest.approx(SOLO_S + block_seconds(fitted.suite.scenarios, PACES))


def test_a_suite_that_wishes_less_precision_keeps_its_scenarios() -> None:
    """Where all scenarios fit in five blocks, more blocks of some are no gain beyond what the suite itself wishes."""
    wanted = suite(WAITING, replace(WAITING, name="again"), replace(WAITING, name="thrice"))
    wide = replace(wanted, precision=0.3)
    budget_s = 5.2 * block_seconds(wanted.scenarios, PACES)
    fewer, every = fit(wanted, PACES, budget_s).suite, fit(wide, PACES, budget_s).suite
    windows = [each.load.duration_s for each in wide.scenarios]
    assert [each.load.duration_s for each in every.scenarios] == windows
    assert [each.load.duration_s for each in fewer.scenarios] != windows
