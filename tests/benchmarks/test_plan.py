"""The order of trials and the time they take."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.plan import Pace, Step, plan, remaining, request_seconds, scenario_seconds, total_seconds
from benchmarks.suite import ClosedLoop, Scenario, Suite, Workload
from benchmarks.trial import Place

STACKS = ("a", "b", "c")


def suite(blocks: int = 2) -> Suite:
    wait = Scenario("wait", (Workload("/slow-io?delay=0.1"),), ClosedLoop(10, duration_s=2.0))
    call = Scenario("call", (Workload("/json"),), ClosedLoop(1, requests=3))
    return Suite("s", "", "a", STACKS, blocks, (wait, call))


@given(seed=st.integers(0, 2**31), blocks=st.integers(1, 20))
def test_every_block_holds_every_stack_once(seed: int, blocks: int) -> None:
    """Whatever the seed, a block is a permutation of the stacks, each with all scenarios in order."""
    steps = plan(suite(blocks), STACKS, seed)
    assert [step.block for step in steps] == [block for block in range(1, blocks + 1) for _ in STACKS]
    for block in range(1, blocks + 1):
        assert Counter(step.stack for step in steps if step.block == block) == Counter(STACKS)
    assert {step.scenarios for step in steps} == {suite().scenarios}


def test_the_seed_fixes_the_order() -> None:
    """The same seed gives the same order, and different seeds do not all give the same one."""
    assert plan(suite(5), STACKS, 7) == plan(suite(5), STACKS, 7)
    assert len({tuple(step.stack for step in plan(suite(5), STACKS, seed)) for seed in range(10)}) > 1


def test_a_run_that_goes_on_skips_exactly_what_is_done() -> None:
    """What remains, with what is done, is the whole plan; steps without open trials are gone."""
    steps = plan(suite(), STACKS, 1)
    first = steps[0]
    done = {Place(first.stack, "wait", 1), *steps[1].places()}
    rest = remaining(steps, done)
    assert rest[0] == Step(1, first.stack, (suite().scenarios[1],))
    places = [place for step in rest for place in step.places()]
    assert sorted(map(repr, [*places, *done])) == sorted(repr(place) for step in steps for place in step.places())


@pytest.mark.parametrize(
    ("target", "fans_out", "seconds"),
    [
        ("/slow-io?delay=0.25", False, 0.25),
        ("/slow-io", False, 1.0),
        ("/benchmark/io-test?delay=0.5&concurrent=20", False, 10.0),
        ("/benchmark/flask-io-test?delay=0.5&concurrent=20", True, 0.5),
        ("/benchmark/io-test", False, 1.0),
        ("/slow-io?delay=abc", False, 1.0),
        ("/json?items=5", False, 0.0),
    ],
)
def test_the_wait_of_a_request_is_read_from_its_target(target: str, fans_out: bool, seconds: float) -> None:
    """Delay and fan-out in the query tell how long one request will wait, one after another or at once."""
    assert request_seconds(Workload(target), fans_out=fans_out) == pytest.approx(seconds)


def test_time_is_counted_by_littles_law() -> None:
    """Fixed requests and warm-up rounds take as long as the slots that serve them make them wait."""
    scenario = Scenario(
        "x", (Workload("/slow-io?delay=0.1"),), ClosedLoop(64, requests=640, warmup_s=0.5, warmup_requests=64)
    )
    eight_slots = scenario_seconds(scenario, Pace(0, slots=8))
    unbounded = scenario_seconds(scenario, Pace(0))
    assert eight_slots == pytest.approx(0.1 + 64 * 0.1 / 8 + 640 * 0.1 / 8 + 0.2)
    assert unbounded == pytest.approx(0.1 + 0.5 + 640 * 0.1 / 64 + 0.2)


def test_the_total_holds_every_launch() -> None:
    """The total is the sum over all steps of the launch and its scenarios."""
    paces = dict.fromkeys(STACKS, Pace(5.0))
    assert total_seconds(plan(suite(2), STACKS, 1), paces) == pytest.approx(6 * (5.0 + 0.1 + 2.0 + 0.1 + 0.2 + 0.2))
