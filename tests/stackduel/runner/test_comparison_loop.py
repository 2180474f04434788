"""The one loop, with launchers and engines that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import inf
from typing import Any, Self

import pytest

from stackduel.launch.launcher import Started
from stackduel.load.job import Job, LoadError
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.gpu_use import Gpu, GpuSample, ReadableGpu
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.measurement import Measurement
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack, Url
from stackduel.model.suite import Scenario
from stackduel.model.target import Address, Elsewhere
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.planning.order import plan, remaining, trials_in
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.trial_runner import TrialRunner, TrialTerms
from tests.conftest import serving
from tests.stackduel.makers import WAITING, measurement, run

# Ten clients that wait 100 ms each, two seconds long.
HEALTHY = measurement([100.0] * 190)
SECOND = Scenario("second", WAITING.workloads, WAITING.load)
THIRD = Scenario("third", WAITING.workloads, WAITING.load)


class FakeStarted:
    inner_address = None
    subject = Elsewhere()

    def __init__(self, address: Address) -> None:
        self.address = address
        self.ended: str | None = None

    def failure(self) -> str | None:
        return self.ended

    def log_tail(self, lines: int = 20) -> str:
        return "the last line"


class FakeLauncher:
    name = "fake"
    downstream = None

    def __init__(self, address: Address, broken: frozenset[str] = frozenset()) -> None:
        self._address = address
        self._broken = broken
        self.events: list[str] = []
        self.current: FakeStarted | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        pass

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        if stack.name in self._broken:
            raise LaunchError(f"{stack.name}: no such module")
        self.events.append(f"start {stack.name}")
        self.current = FakeStarted(self._address)
        try:
            yield self.current
        finally:
            self.events.append(f"stop {stack.name}")

    def facts(self) -> Mapping[str, object]:
        return {}


class FakeEngine:
    """Brings home what ``answer`` says for each job."""

    def __init__(self, answer: Callable[[Job], Measurement]) -> None:
        self._answer = answer
        self.jobs: list[Job] = []
        self.subjects = ()

    def measure(self, job: Job, *, at_start: Any, at_stop: Any, progress: Any, alive: Any) -> Measurement:
        self.jobs.append(job)
        at_start()
        progress(1, 0.1, 12.5)
        found = self._answer(job)
        at_stop()
        assert alive()
        return found


class Silent:
    def launching(self, step: PlanStep) -> None: ...
    def measuring(self, place: Place, scenario: Scenario) -> None: ...
    def isolating(self, solo: IsolatedStep) -> None: ...
    def isolated(self, alone: IsolatedResult) -> None: ...
    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None: ...
    def finished(self, result: Result) -> None: ...


STACKS = {
    name: Stack(name, tier, "", Url(Address("127.0.0.1", 1))) for name, tier in [("slow", "baseline"), ("fast", "code")]
}


class Scene:
    """A conductor over fakes, and everything that it kept."""

    def __init__(
        self,
        launcher: FakeLauncher,
        engine: FakeEngine,
        scenarios: tuple[Scenario, ...] = (WAITING,),
        repeats_s: float = inf,
        gpus: Sequence[ReadableGpu] = (),
    ) -> None:
        self.kept: list[Run] = []
        self.run = run([], scenarios=scenarios)
        self._launcher = launcher
        self._engine = engine
        self._repeats_s = repeats_s
        self._gpus = gpus
        self.conductor = self.conductor_of(self.run)

    def conductor_of(
        self, begun: Run, alone: Callable[[IsolatedStep], IsolatedMeasurement] | None = None
    ) -> ComparisonLoop:
        return ComparisonLoop(
            begun,
            STACKS,
            launcher=self._launcher,
            bench=TrialRunner(
                TrialTerms(Budget((0,), (1,), (1,), 100), timeout_s=5),
                launcher=self._launcher,
                engine=self._engine,  # type: ignore[arg-type]
                reach=lambda started: started.address,
                null_rate_rps=lambda _job: None,
                progress=lambda _requests, _elapsed_s, _recent_ms: None,
                gpus=self._gpus,
            ),
            keep=self.kept.append,
            show=Silent(),
            repeats_s=self._repeats_s,
            alone=alone,
        )

    def carry_out(self, blocks: int = 1) -> Run:
        return self.conductor.carry_out(plan(self.run.suite.with_blocks(blocks), STACKS, 1))


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_trial_is_kept_at_once(address: Address) -> None:
    """After each trial the run so far is handed over, and every stack starts afresh in each block."""
    launcher = FakeLauncher(address)
    scene = Scene(launcher, FakeEngine(lambda _job: HEALTHY), (WAITING, SECOND))
    done = scene.carry_out(blocks=2)
    assert [len(kept.results) for kept in scene.kept] == list(range(1, 9))
    assert all(isinstance(result, Trial) for result in done.results)
    assert sorted(launcher.events) == ["start fast"] * 2 + ["start slow"] * 2 + ["stop fast"] * 2 + ["stop slow"] * 2


def test_the_engine_is_told_what_was_verified(address: Address) -> None:
    """A job carries the address, the load, the timeout and the verified answer."""
    engine = FakeEngine(lambda _job: HEALTHY)
    Scene(FakeLauncher(address), engine).carry_out()
    job = engine.jobs[0]
    assert (job.address, job.load, job.timeout_s, job.calls[0].expectation.body) == (address, WAITING.load, 5, b"right")
    assert job.driver == "raw"


def test_a_stack_that_does_not_start_costs_only_its_own_trials(address: Address) -> None:
    """Its trials are failures with the reason, it is not tried again, and the others are measured."""
    launcher = FakeLauncher(address, broken=frozenset({"fast"}))
    done = Scene(launcher, FakeEngine(lambda _job: HEALTHY)).carry_out(blocks=2)
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
        done = Scene(FakeLauncher(broken), engine, (wrong,)).carry_out()
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
    done = Scene(launcher, engine, (WAITING, SECOND, THIRD)).carry_out()
    first = next(step.stack for step in plan(run([]).suite, STACKS, 1) if isinstance(step, PlanStep))
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
        scene.carry_out()
        trials = [result for result in scene.kept[-1].results if isinstance(result, Trial)]
        assert trials
        return [trial.gpu.utilisation_mean if trial.gpu else None for trial in trials]

    launcher = FakeLauncher(address)
    assert set(gpus_of(Scene(launcher, FakeEngine(lambda _job: HEALTHY), gpus=[Device()]))) == {42.0}
    assert set(gpus_of(Scene(launcher, FakeEngine(lambda _job: HEALTHY)))) == {None}


def test_a_window_without_an_answer_is_a_failure(address: Address) -> None:
    """No answer within the window is told as such, never as a rate of zero."""
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: measurement([]))).carry_out()
    assert {result.reason for result in done.results} == {"no request was answered within 2.0 s"}


def test_a_void_trial_is_repeated_at_most_three_times(address: Address) -> None:
    """Attempts that a gate of the generator's closes are all kept as void; none of them counts."""
    busy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    done = Scene(FakeLauncher(address), FakeEngine(lambda _job: busy)).carry_out()
    assert [result.place.attempt for result in done.results] == [1, 2, 3, 1, 2, 3]
    assert {result.state for result in done.results if isinstance(result, Trial)} == {"void"}
    assert all("used 90.0 % of its core (bound 70 %)" in str(result.reason) for result in done.results)
    assert done.done() == frozenset()


def test_the_repetition_counts_where_the_gate_opens_again(address: Address) -> None:
    """A void attempt is followed by one that counts, and by no third."""
    busy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    engine = FakeEngine(lambda _job: busy if len(engine.jobs) == 1 else HEALTHY)
    done = Scene(FakeLauncher(address), engine).carry_out()
    states = [result.state for result in done.results if isinstance(result, Trial)]
    assert states == ["void", "ok", "ok"]
    assert len(done.done()) == 2


def test_a_stack_that_is_still_busy_is_started_afresh(address: Address) -> None:
    """Requests of a closed window that the server still works on would slow the next trial, so it gets a fresh one."""
    launcher = FakeLauncher(address)
    busy = replace(HEALTHY, drained=False)
    done = Scene(launcher, FakeEngine(lambda _job: busy), (WAITING, SECOND)).carry_out()
    assert launcher.events.count("start slow") == launcher.events.count("start fast") == 2
    assert [result.state for result in done.results if isinstance(result, Trial)] == ["ok"] * 4


def test_without_time_for_repetitions_there_is_one_attempt(address: Address) -> None:
    """Where a time budget leaves nothing, what the host disturbed is kept as noisy at once."""
    noisy = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))
    scene = Scene(FakeLauncher(address), FakeEngine(lambda _job: noisy), repeats_s=0.0)
    assert [result.place.attempt for result in scene.carry_out().results] == [1, 1]


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
        scene.carry_out()
    assert len(scene.kept[-1].results) == 1
    assert launcher.events.count("stop slow") == launcher.events.count("stop fast") == 1


def isolated_scene(launcher: FakeLauncher, alone: Callable[[IsolatedStep], IsolatedMeasurement] | None) -> Scene:
    """A scene whose one scenario asks a model that is also to be measured alone."""
    infer = Scenario("infer", (replace(WAITING.workloads[0], model="tiny"),), WAITING.load)
    scene = Scene(launcher, FakeEngine(lambda _job: HEALTHY), (infer,))
    scene.run = replace(scene.run, suite=replace(scene.run.suite, isolated=True))
    scene.conductor = scene.conductor_of(scene.run, alone)
    return scene


def measured_alone(solo: IsolatedStep) -> IsolatedMeasurement:
    return IsolatedMeasurement(solo.model, solo.block, 2, 100, 1.0, 100.0, HEALTHY.latency)


def test_a_model_is_measured_alone_in_each_block_and_kept_at_once(address: Address) -> None:
    """Between two stacks, never while one runs; every state that is kept afterwards holds it."""
    launcher = FakeLauncher(address)

    def alone(solo: IsolatedStep) -> IsolatedMeasurement:
        assert launcher.events.count("start slow") == launcher.events.count("stop slow")
        launcher.events.append("alone")
        return measured_alone(solo)

    scene = isolated_scene(launcher, alone)
    done = scene.carry_out(blocks=3)
    assert launcher.events.count("alone") == 3
    assert [(each.model, each.block) for each in done.isolated] == [("tiny", 1), ("tiny", 2), ("tiny", 3)]
    assert done.measured_alone() == {IsolatedStep(1, "tiny"), IsolatedStep(2, "tiny"), IsolatedStep(3, "tiny")}
    assert [len(kept.isolated) for kept in scene.kept][-1] == 3
    assert len(scene.kept) == 3 + 6


def test_a_model_that_cannot_be_measured_alone_costs_no_trial(address: Address) -> None:
    """Why is kept, it counts as not done, and all stacks are measured."""

    def alone(_solo: IsolatedStep) -> IsolatedMeasurement:
        raise LaunchError("no such model")

    done = isolated_scene(FakeLauncher(address), alone).carry_out()
    assert done.isolated == (IsolatedFailure("tiny", 1, "no such model"),)
    assert done.measured_alone() == frozenset()
    assert len(done.results) == 2


def test_where_nothing_can_be_started_no_model_is_measured_alone(address: Address) -> None:
    """A launcher that attaches to what runs leaves it out, without a word in the results."""
    done = isolated_scene(FakeLauncher(address), None).carry_out()
    assert done.isolated == ()
    assert len(done.results) == 2


def test_an_interruption_while_a_model_is_alone_keeps_what_was_measured(address: Address) -> None:
    """Ctrl-C unwinds at once; the run goes on later with exactly what is missing."""
    launcher = FakeLauncher(address)

    def alone(solo: IsolatedStep) -> IsolatedMeasurement:
        if solo.block == 2:
            raise KeyboardInterrupt
        return measured_alone(solo)

    scene = isolated_scene(launcher, alone)
    with pytest.raises(KeyboardInterrupt):
        scene.carry_out(blocks=2)
    kept = scene.kept[-1]
    assert kept.measured_alone() == {IsolatedStep(1, "tiny")}
    steps = plan(kept.suite.with_blocks(2), STACKS, 1)
    rest = remaining(steps, kept.done(), kept.measured_alone())
    assert trials_in(rest) == 4 - len(kept.results)
    assert [step for step in rest if isinstance(step, IsolatedStep)] == [IsolatedStep(2, "tiny")]
