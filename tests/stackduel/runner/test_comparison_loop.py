"""The loop of a comparison, with launchers and engines that are made up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from stackduel.load.job import Job, LoadError
from stackduel.model.errors import LaunchError
from stackduel.model.gpu_use import Gpu, GpuSample, ReadableGpu
from stackduel.model.isolated import IsolatedFailure
from stackduel.model.measurement import Measurement
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Scenario
from stackduel.model.target import Address
from stackduel.model.trial import Failure, Place, Trial
from stackduel.planning.order import interleaved, remaining, trials_in
from stackduel.runner.comparison_loop import ComparisonLoop
from tests.conftest import serving
from tests.stackduel.makers import WAITING, measurement, run
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
    assert {result.reason for result in done.results} == {"no request was answered within 2.0 s"}


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
