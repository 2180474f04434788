"""The loop of a comparison, with launchers and engines that are made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from stackduel.launch.launcher import Started
from stackduel.load.job import Job, LoadError
from stackduel.model.errors import LaunchError
from stackduel.model.gpu_use import Gpu, GpuSample, ReadableGpu
from stackduel.model.isolated import IsolatedFailure
from stackduel.model.measurement import FailedAnswer, Measurement
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.target import Address
from stackduel.model.trial import Failure, Place, Trial
from stackduel.planning.order import interleaved, remaining, trials_in
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.exit_status import STACK_FAILED, exit_status
from tests.conftest import serving
from tests.stackduel.makers import WAITING, measurement, run, stream_figures
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, context_of, plan_of

# Ten clients that wait 100 ms each, two seconds long.
HEALTHY = measurement([100.0] * 190)
SECOND = Scenario("second", WAITING.workloads, WAITING.load)
THIRD = Scenario("third", WAITING.workloads, WAITING.load)


class Scene:
    """A loop over fakes, and everything that it saved."""

    def __init__(
        self,
        launcher: FakeLauncher,
        engine: FakeEngine,
        scenarios: tuple[Scenario, ...] = (WAITING,),
        options: RunOptions | None = None,
        gpus: Sequence[ReadableGpu] = (),
        *,
        isolated: bool = False,
    ) -> None:
        self.kept: list[Run] = []
        begun = run([], scenarios=scenarios)
        self.run = replace(begun, suite=replace(begun.suite, isolated=isolated))
        self._context = context_of(plan_of(self.run, options), launcher, engine, self.kept.append, gpus=gpus)

    def measure(self, blocks: int = 1) -> Run:
        steps = interleaved(self.run.suite.with_blocks(blocks), STACKS, 1)
        return ComparisonLoop(self._context, self.run).measure(steps)


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_trial_is_kept_at_once(address: Address) -> None:
    """After each trial the run so far is handed over, and every stack starts afresh in each block."""
    launcher = FakeLauncher(address)
    scene = Scene(launcher, FakeEngine(lambda _job: HEALTHY), (WAITING, SECOND))
    done = scene.measure(blocks=2)
    assert [len(kept.results) for kept in scene.kept] == list(range(1, 9))
    assert all(isinstance(result, Trial) for result in done.results)
    assert sorted(launcher.events) == ["start fast"] * 2 + ["start slow"] * 2 + ["stop fast"] * 2 + ["stop slow"] * 2


def test_the_engine_is_told_what_was_verified(address: Address) -> None:
    """A job carries the address, the load, the timeout and the verified answer."""
    engine = FakeEngine(lambda _job: HEALTHY)
    Scene(FakeLauncher(address), engine).measure()
    job = engine.jobs[0]
    assert (job.address, job.load, job.timeout_s, job.calls[0].expectation.body) == (address, WAITING.load, 5, b"right")
    assert job.driver == "raw"


def test_a_stack_that_does_not_start_costs_only_its_own_trials(address: Address) -> None:
    """Its trials are failures with the reason, it is not tried again, and the others are measured."""
    launcher = FakeLauncher(address, broken=frozenset({"fast"}))
    done = Scene(launcher, FakeEngine(lambda _job: HEALTHY)).measure(blocks=2)
    failures = [result for result in done.results if isinstance(result, Failure)]
    assert [failure.reason for failure in failures] == [
        "fast: no such module",
        "not tried again: fast: no such module",
    ]
    assert len(done.results) == 4


def test_a_stack_that_answers_differently_is_not_loaded(address: Address) -> None:
    """Verification comes before the load: a wrong answer is a failure, and the engine is never asked."""
    engine = FakeEngine(lambda _job: HEALTHY)
    wrong = Scenario("wrong", WAITING.workloads, WAITING.load)
    with serving(lambda _request: (500, b"broken")) as broken:
        done = Scene(FakeLauncher(broken), engine, (wrong,)).measure()
    assert engine.jobs == []
    assert all("answered 500 instead of 200" in result.reason for result in done.results if result.reason)
    assert len(done.results) == 2


def test_a_stack_that_dies_under_load_is_started_afresh(address: Address) -> None:
    """The trial is a failure with exit status and log; what is left is measured on a fresh server."""
    launcher = FakeLauncher(address)

    def answer(_job: Job) -> Measurement:
        if len(engine.jobs) == 2:
            assert launcher.current is not None
            launcher.current.ended = "the server ended with exit status 9"
            raise LoadError("the server went away")
        return HEALTHY

    engine = FakeEngine(answer)
    done = Scene(launcher, engine, (WAITING, SECOND, THIRD)).measure()
    first = next(step.stack for step in interleaved(run([]).suite, STACKS, 1) if isinstance(step, PlanStep))
    lost = [result for result in done.results if isinstance(result, Failure)]
    assert [(failure.place, failure.reason) for failure in lost] == [
        (Place(first, "second", 1), "the server ended with exit status 9 during the trial\nthe last line")
    ]
    assert launcher.events[:4] == [f"start {first}", f"stop {first}", f"start {first}", f"stop {first}"]
    assert len(done.results) == 6


def test_a_trial_has_what_its_gpu_did_meanwhile(address: Address) -> None:
    """A device that there is was looked at within the window; without one the trial has none."""

    class Device:
        gpu = Gpu("Fake 100", "GPU-aaaa", "1", 80_000)

        def read(self) -> GpuSample:
            return GpuSample(42.0, 900.0, 250.0)

    def gpus_of(scene: Scene) -> list[float | None]:
        scene.measure()
        trials = [result for result in scene.kept[-1].results if isinstance(result, Trial)]
        assert trials
        return [trial.gpu.utilisation_mean if trial.gpu else None for trial in trials]

    launcher = FakeLauncher(address)
    assert set(gpus_of(Scene(launcher, FakeEngine(lambda _job: HEALTHY), gpus=[Device()]))) == {42.0}
    assert set(gpus_of(Scene(launcher, FakeEngine(lambda _job: HEALTHY)))) == {None}


def test_a_window_without_an_answer_is_a_failure(address: Address) -> None:
    """No answer within the window is told as such, never as a rate of zero."""
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: measurement([]))).measure()
    assert {result.reason for result in done.results} == {
        "no request was answered within the window of 2.0 s; a longer one may do"
    }


def test_a_window_of_streams_that_none_ended_in_is_measured(address: Address) -> None:
    """Their events were read: an overloaded server may end no stream for long."""
    endless = replace(measurement([]), streams=stream_figures(events=100))
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: endless)).measure()
    assert {result.state for result in done.results if isinstance(result, Trial)} == {"ok"}
    assert len(done.results) == 2


def test_a_void_trial_is_repeated_at_most_three_times(address: Address) -> None:
    """Attempts that a gate of the generator's closes are all kept as void; none of them counts."""
    busy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: busy)).measure()
    assert [result.place.attempt for result in done.results] == [1, 2, 3, 1, 2, 3]
    assert {result.state for result in done.results if isinstance(result, Trial)} == {"void"}
    assert all("used 90.0 % of its core (bound 70 %)" in str(result.reason) for result in done.results)
    assert done.done() == frozenset()


def test_the_repetition_counts_where_the_gate_opens_again(address: Address) -> None:
    """A void attempt is followed by one that counts, and by no third."""
    busy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    engine = FakeEngine(lambda _job: busy if len(engine.jobs) == 1 else HEALTHY)
    done = Scene(FakeLauncher(address), engine).measure()
    states = [result.state for result in done.results if isinstance(result, Trial)]
    assert states == ["void", "ok", "ok"]
    assert len(done.done()) == 2


def test_a_stack_that_is_still_busy_is_started_afresh(address: Address) -> None:
    """Requests of a closed window that the server still works on would slow the next trial, so it gets a fresh one."""
    launcher = FakeLauncher(address)
    busy = replace(HEALTHY, drained=False)
    done = Scene(launcher, FakeEngine(lambda _job: busy), (WAITING, SECOND)).measure()
    assert launcher.events.count("start slow") == launcher.events.count("start fast") == 2
    assert [result.state for result in done.results if isinstance(result, Trial)] == ["ok"] * 4


def test_without_time_for_repetitions_there_is_one_attempt(address: Address) -> None:
    """Where a time budget leaves nothing, what the host disturbed is kept as noisy at once."""
    noisy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    scene = Scene(FakeLauncher(address), FakeEngine(lambda _job: noisy), options=RunOptions(time_budget_s=0.0))
    assert [result.place.attempt for result in scene.measure().results] == [1, 1]


def test_an_interruption_passes_through_and_stops_the_stack(address: Address) -> None:
    """Ctrl-C in a trial unwinds at once; the stack is stopped, and what was kept before stands."""
    launcher = FakeLauncher(address)

    def answer(_job: Job) -> Measurement:
        if len(engine.jobs) == 2:
            raise KeyboardInterrupt
        return HEALTHY

    engine = FakeEngine(answer)
    scene = Scene(launcher, engine)
    with pytest.raises(KeyboardInterrupt):
        scene.measure()
    assert len(scene.kept[-1].results) == 1
    assert launcher.events.count("stop slow") == launcher.events.count("stop fast") == 1


INFER = Scenario("infer", (replace(WAITING.workloads[0], model="tiny"),), WAITING.load)
FIGURES = json.dumps({"pool": 1, "requests": 100, "duration_s": 1.0, "rate_rps": 100.0, "infer_ns": [10_000_000] * 100})


def isolated_scene(launcher: FakeLauncher) -> Scene:
    """A scene whose one scenario asks a model that is also to be measured alone."""
    return Scene(launcher, FakeEngine(lambda _job: HEALTHY), (INFER,), isolated=True)


def test_a_model_is_measured_alone_in_each_block_and_kept_at_once(address: Address) -> None:
    """Between two stacks, never while one runs; every state that is kept afterwards holds it."""

    def output() -> str:
        assert launcher.events.count("start slow") == launcher.events.count("stop slow")
        launcher.events.append("alone")
        return FIGURES

    launcher = FakeLauncher(address, output=output)
    scene = isolated_scene(launcher)
    done = scene.measure(blocks=3)
    assert launcher.events.count("alone") == 3
    assert [(each.model, each.block) for each in done.isolated] == [("tiny", 1), ("tiny", 2), ("tiny", 3)]
    assert done.measured_alone() == {IsolatedStep(1, "tiny"), IsolatedStep(2, "tiny"), IsolatedStep(3, "tiny")}
    assert [len(kept.isolated) for kept in scene.kept][-1] == 3
    assert len(scene.kept) == 3 + 6


def test_a_model_that_cannot_be_measured_alone_costs_no_trial(address: Address) -> None:
    """Why is kept, it counts as not done, and all stacks are measured."""

    def output() -> str:
        raise LaunchError("no such model")

    done = isolated_scene(FakeLauncher(address, output=output)).measure()
    assert done.isolated == (IsolatedFailure("tiny", 1, "no such model"),)
    assert done.measured_alone() == frozenset()
    assert len(done.results) == 2


def test_where_nothing_can_be_started_no_model_is_measured_alone(address: Address) -> None:
    """A launcher that attaches to what runs leaves it out, without a word in the results."""
    launcher = FakeLauncher(address)
    launcher.budget = None
    done = isolated_scene(launcher).measure()
    assert done.isolated == ()
    assert len(done.results) == 2


def test_an_interruption_while_a_model_is_alone_keeps_what_was_measured(address: Address) -> None:
    """Ctrl-C unwinds at once; the run goes on later with exactly what is missing."""
    outputs = iter([FIGURES])

    def output() -> str:
        try:
            return next(outputs)
        except StopIteration:
            raise KeyboardInterrupt from None

    scene = isolated_scene(FakeLauncher(address, output=output))
    with pytest.raises(KeyboardInterrupt):
        scene.measure(blocks=2)
    kept = scene.kept[-1]
    assert kept.measured_alone() == {IsolatedStep(1, "tiny")}
    steps = interleaved(kept.suite.with_blocks(2), STACKS, 1)
    rest = remaining(steps, kept.done(), kept.measured_alone())
    assert trials_in(rest) == 4 - len(kept.results)
    assert [step for step in rest if isinstance(step, IsolatedStep)] == [IsolatedStep(2, "tiny")]


class NamingLauncher(FakeLauncher):
    """Remembers which stacks were started."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.started: list[str] = []

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        with super().start(stack) as started:
            self.started.append(stack.name)
            yield started


ALL_FAILED = replace(
    measurement([], failed=50),
    outcomes={"status": 48, "timeout": 2},
    failed_answer=FailedAnswer(500, b"pool exhausted"),
)


@pytest.mark.parametrize("loser", ["fast", "slow"])
def test_a_scenario_in_which_every_request_fails_ends_at_once(address: Address, loser: str) -> None:
    """After one trial: not measured again in later blocks; without the baseline the others are not measured either."""
    launcher = NamingLauncher(address)
    engine = FakeEngine(lambda _job: ALL_FAILED if launcher.started[-1] == loser else HEALTHY)
    done = Scene(launcher, engine).measure(blocks=4)
    failures = [each for each in done.results if isinstance(each, Failure)]
    first = next(each for each in failures if each.place.stack == loser)
    assert first.reason == (
        "all 50 requests failed, 48 of them with the outcome status (a complete answer came, with another status than "
        "expected), and it was not measured again\na sample answer: status 500, 'pool exhausted'"
    )
    assert launcher.started.count(loser) == 1
    # The same reason in every block, so that reports say it once.
    assert [each.reason for each in failures if each.place.stack == loser] == [first.reason] * 4
    assert exit_status(done) == STACK_FAILED
    other = [each for each in done.results if each.place.stack != loser]
    if loser == "fast":
        assert all(isinstance(each, Trial) for each in other)
    else:
        assert launcher.started.count("fast") <= 1
        reasons = {each.reason for each in other if isinstance(each, Failure)}
        assert reasons == {f"nothing to compare with, as the baseline slow failed: {first.reason}"}


def test_a_window_that_was_closed_early_is_told_with_its_seconds(address: Address) -> None:
    """So that nobody takes its count for that of the whole window."""
    cut = replace(ALL_FAILED, duration_s=1.25)
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: cut)).measure()
    (reason,) = {each.reason for each in done.results if isinstance(each, Failure) and "nothing" not in each.reason}
    assert reason.startswith("all 50 requests failed within 1.2 s, 48 of them with the outcome status")


def test_other_scenarios_of_a_stack_go_on(address: Address) -> None:
    """This scenario ends on this stack, not the stack."""
    other = Scenario("other", WAITING.workloads, ClosedLoop(10, duration_s=2, warmup_s=7))
    launcher = NamingLauncher(address)
    engine = FakeEngine(
        lambda job: ALL_FAILED if launcher.started[-1] == "fast" and job.load == WAITING.load else HEALTHY
    )
    done = Scene(launcher, engine, (WAITING, other)).measure(blocks=2)
    failed = {(each.place.stack, each.place.scenario) for each in done.results if isinstance(each, Failure)}
    assert failed == {("fast", "waiting")}
    assert len(done.trials("other", "fast")) == 2


def test_one_right_answer_is_enough_to_go_on(address: Address) -> None:
    """A trial that mostly fails is a result, and its share is compared."""
    mostly = replace(measurement([100.0], failed=49), failed_answer=FailedAnswer(500, b"no"))
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: mostly)).measure(blocks=2)
    assert all(isinstance(each, Trial) for each in done.results)


def test_without_any_answer_that_is_said(address: Address) -> None:
    """A server that is gone, or only resets, has no sample."""
    lost = replace(measurement([], failed=7), outcomes={"reset": 7})
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: lost)).measure()
    (reason,) = {each.reason for each in done.results if isinstance(each, Failure) and "nothing" not in each.reason}
    assert reason.startswith("all 7 requests failed, with the outcome reset (")
    assert reason.endswith("and it was not measured again; no complete answer came")
