"""The order of trials and the time they take."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.model_input import ModelInput
from stackduel.model.plan_step import AnyStep, IsolatedStep, PlanStep
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, Suite, Workload
from stackduel.model.trial import Place
from stackduel.model.waits import least_seconds, mean_request_seconds, request_seconds
from stackduel.planning.estimates import OVERHEAD_S, SOLO_S, WORK_S, Pace, scenario_seconds, step_seconds, total_seconds
from stackduel.planning.order import interleaved, remaining, trials_in

STACKS = ("a", "b", "c")


def suite(blocks: int = 2) -> Suite:
    wait = Scenario("wait", (Workload("/slow-io?delay=0.1"),), ClosedLoop(10, duration_s=2.0))
    call = Scenario("call", (Workload("/json"),), ClosedLoop(1, requests=3))
    return Suite("s", "", "a", STACKS, blocks, (wait, call))


def stacks_of(steps: tuple[AnyStep, ...]) -> list[PlanStep]:
    return [step for step in steps if isinstance(step, PlanStep)]


@given(seed=st.integers(0, 2**31), blocks=st.integers(1, 20))
def test_every_block_holds_every_stack_once(seed: int, blocks: int) -> None:
    """Whatever the seed, a block is a permutation of the stacks, each with all scenarios in order."""
    steps = stacks_of(interleaved(suite(blocks), STACKS, seed))
    assert [step.block for step in steps] == [block for block in range(1, blocks + 1) for _ in STACKS]
    for block in range(1, blocks + 1):
        assert Counter(step.stack for step in steps if step.block == block) == Counter(STACKS)
    assert {step.scenarios for step in steps} == {suite().scenarios}


def test_the_seed_fixes_the_order() -> None:
    """The same seed gives the same order, and different seeds do not all give the same one."""
    assert interleaved(suite(5), STACKS, 7) == interleaved(suite(5), STACKS, 7)
    assert len({interleaved(suite(5), STACKS, seed) for seed in range(10)}) > 1


def test_a_run_that_goes_on_skips_exactly_what_is_done() -> None:
    """The remaining steps, with those done, are the whole plan; steps without open trials are gone."""
    steps = stacks_of(interleaved(suite(), STACKS, 1))
    first = steps[0]
    done = {Place(first.stack, "wait", 1), *steps[1].places()}
    rest = stacks_of(remaining(steps, done))
    assert rest[0] == PlanStep(1, first.stack, (suite().scenarios[1],))
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
        ("/stream?events=200&interval=0.02", False, 3.98),
        ("/relay?first=0.5&events=1", True, 0.5),
        ("/stream", False, 0.9),
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
    steps = interleaved(suite(2), STACKS, 1)
    assert total_seconds(steps, paces) == pytest.approx(6 * (5.0 + 0.1 + 2.0 + 0.1 + 0.2 + 0.2))


def test_an_open_loop_takes_its_own_time() -> None:
    """Its rate is given, so slots change nothing: verification, warm-up, window, and the last request's wait."""
    arriving = Scenario("x", (Workload("/slow-io?delay=0.25"),), OpenLoop(500.0, 4.0, warmup_s=1.5))
    for pace in (Pace(0), Pace(0, slots=1), Pace(9.0, slots=64, fans_out=False)):
        assert scenario_seconds(arriving, pace) == pytest.approx(0.25 + 1.5 + 4.0 + 0.25 + 0.2)


@pytest.mark.parametrize(
    ("connections", "slots", "drain_s"),
    [(1, None, 0.1), (50, None, 0.1), (50, 50, 0.1), (50, 8, 0.625), (50, 2, 1.0 + 3.0)],
)
def test_what_is_in_flight_at_the_close_is_answered_before_the_next_trial(
    connections: int, slots: int | None, drain_s: float
) -> None:
    """All connections wait in turn for the slots, and no longer than a server may go on with a closed window."""
    scenario = Scenario("x", (Workload("/slow-io?delay=0.1"),), ClosedLoop(connections, duration_s=2.0))
    assert scenario_seconds(scenario, Pace(3.0, slots)) == pytest.approx(0.1 + 2.0 + drain_s + 0.2)


def test_a_fixed_number_of_requests_leaves_nothing_to_drain() -> None:
    """The load ends with its last answer."""
    scenario = Scenario("x", (Workload("/slow-io?delay=0.1"),), ClosedLoop(50, requests=100))
    assert scenario_seconds(scenario, Pace(0, slots=2)) == pytest.approx(0.1 + 100 * 0.1 / 2 + 0.2)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 2.0]), st.integers(1, 9)), min_size=1, max_size=6),
    st.integers(2, 5),
)
def test_a_mix_waits_by_its_weights(parts: list[tuple[float, int]], times: int) -> None:
    """The mean wait lies within the waits of its calls, and only the proportion of the weights matters."""
    mix = [Workload(f"/slow-io?delay={wait_s}", weight=weight) for wait_s, weight in parts]
    mean_s = mean_request_seconds(mix, fans_out=True)
    waits = [wait_s for wait_s, _ in parts]
    assert min(waits) - 1e-9 <= mean_s <= max(waits) + 1e-9
    scaled = [Workload(each.target, weight=times * each.weight) for each in mix]
    assert mean_request_seconds(scaled, fans_out=True) == pytest.approx(mean_s)
    assert mean_request_seconds(mix[:1], fans_out=True) == pytest.approx(waits[0])


def test_a_mix_counts_what_its_stack_makes_of_each_call() -> None:
    """Calls in turn take as often as long; the least that an answer can take has them all at once."""
    calling = Workload("/benchmark/io-test?delay=0.1&concurrent=5", weight=1)
    mix = [calling, Workload("/json", weight=3)]
    assert mean_request_seconds(mix, fans_out=False) == pytest.approx(0.5 / 4)
    assert mean_request_seconds(mix, fans_out=True) == pytest.approx(0.1 / 4)
    assert least_seconds(calling) == pytest.approx(0.1)


def test_step_and_total_agree() -> None:
    """A step takes as long as a run of that step alone."""
    (step, *_) = interleaved(suite(1), STACKS, 3)
    paces = dict.fromkeys(STACKS, Pace(2.0))
    assert step_seconds(step, paces) == pytest.approx(total_seconds([step], paces))


def asking(model: str, connections: int = 20, given: ModelInput | None = None) -> Scenario:
    workload = Workload(f"/infer/{model}", "POST", model=model, given=given)
    return Scenario(model, (workload,), ClosedLoop(connections, requests=600))


def test_models_are_measured_alone_once_in_each_block_and_anywhere_in_it() -> None:
    """Each model of an isolated suite stands once in every block, at a place that is drawn; in other suites nowhere."""
    two = replace(suite(20), scenarios=(asking("fast-cnn"), asking("speaker"), asking("fast-cnn", 1)), isolated=True)
    steps = interleaved(two, STACKS, 1)
    solos = [step for step in steps if isinstance(step, IsolatedStep)]
    assert sorted((solo.block, solo.model) for solo in solos) == [
        (block, model) for block in range(1, 21) for model in ("fast-cnn", "speaker")
    ]
    places = {steps.index(solo) % (len(STACKS) + 2) for solo in solos}
    assert len(places) > 2
    assert not [step for step in interleaved(replace(two, isolated=False), STACKS, 1) if isinstance(step, IsolatedStep)]


def test_what_was_measured_alone_is_not_measured_again() -> None:
    """A run that goes on skips it, and has it still to do in the other blocks."""
    alone = replace(suite(2), scenarios=(asking("fast-cnn"),), isolated=True)
    steps = interleaved(alone, STACKS, 1)
    rest = remaining(steps, (), [IsolatedStep(1, "fast-cnn")])
    assert [step for step in rest if isinstance(step, IsolatedStep)] == [IsolatedStep(2, "fast-cnn")]
    assert trials_in(rest) == trials_in(steps) == 6
    assert total_seconds(steps, dict.fromkeys(STACKS, Pace(0))) > 2 * SOLO_S


@pytest.mark.parametrize(("cores", "slots", "at_once"), [(1, None, 1), (2, None, 2), (2, 1, 1), (64, None, 20)])
def test_models_are_counted_by_the_cores_that_run_them(cores: int, slots: int | None, at_once: int) -> None:
    """No more inferences at once than there are cores, slots and connections; the first request is asked alone."""
    work_s = WORK_S["fast-cnn"]
    taken_s = scenario_seconds(
        asking("fast-cnn", given=ModelInput("float32", 48_000, 48_000)), Pace(0, slots, cores=cores)
    )
    assert taken_s == pytest.approx(work_s + 600 * work_s / at_once + OVERHEAD_S)


def test_models_are_worked_at_one_request_after_another() -> None:
    """Two hundred inferences keep a core busy for as long as that many take, on however many connections."""
    asked = Workload("/infer/speaker", "POST", model="speaker", given=ModelInput("wav", 25_600, 16_000))
    expected_s = 201 * WORK_S["speaker"] + OVERHEAD_S
    for connections in (1, 20):
        scenario = Scenario("speech", (asked,), ClosedLoop(connections, requests=200, rated=True))
        assert scenario_seconds(scenario, Pace(1.0)) == pytest.approx(expected_s)
    longer = replace(asked, given=ModelInput("wav", 256_000, 16_000))
    mixed = Scenario("mixed", (longer, Workload("/health")), ClosedLoop(20, requests=200))
    assert scenario_seconds(mixed, Pace(1.0)) == pytest.approx(201 * 5 * WORK_S["speaker"] + OVERHEAD_S)
    assert least_seconds(asked) == 0.0, "what a model takes is a guess, and no bound of anything"


def test_a_server_that_cannot_keep_up_goes_on_after_the_last_arrival() -> None:
    """By as much as it is behind, and no longer than its clients wait."""
    clip = Workload("/infer/speaker", "POST", model="speaker", given=ModelInput("wav", 16_000 * 16, 16_000))
    work_s = 10 * WORK_S["speaker"]
    for rate_rps, behind_s in ((10.0, 0.0), (4 / work_s, 30.0 * 1.0), (400 / work_s, 30.0)):
        arriving = Scenario("x", (clip,), OpenLoop(rate_rps, 30.0))
        assert scenario_seconds(arriving, Pace(0, cores=2)) == pytest.approx(2 * work_s + 30 + behind_s + OVERHEAD_S)
