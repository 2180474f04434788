"""The loop whose windows alternate, with launchers and engines that are made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.load.job import Job, LoadError
from stackduel.model.measurement import Measurement
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Command, Stack
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.target import Address
from stackduel.model.trial import Failure, Trial
from stackduel.planning.order import interleaved
from stackduel.runner.alternating_loop import AlternatingLoop
from tests.conftest import serving
from tests.stackduel.makers import WAITING, measurement, run
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, context_of, plan_of

WINDOWS = 4
DIVIDED = replace(WAITING, windows=WINDOWS)
HEALTHY = measurement([100.0] * 190)
# The generator's core is too busy, which voids a window.
LIMITED = replace(HEALTHY, generator=replace(HEALTHY.generator, busiest=0.9))


class Scene:
    """A loop over fakes, and all that it saved."""

    def __init__(
        self,
        launcher: FakeLauncher,
        engine: FakeEngine,
        scenarios: tuple[Scenario, ...] = (DIVIDED,),
        stacks: dict[str, Stack] = STACKS,
    ) -> None:
        self.kept: list[Run] = []
        self.run = run([], scenarios=scenarios)
        self.stacks = stacks
        plan = replace(plan_of(self.run, RunOptions(timeout_s=5)), stacks=stacks)
        self._context = context_of(plan, launcher, engine, self.kept.append)

    def measure(self, blocks: int = 1) -> Run:
        return AlternatingLoop(self._context, self.run).measure(
            interleaved(self.run.suite.with_blocks(blocks), self.stacks, 1)
        )


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def loads(engine: FakeEngine) -> list[ClosedLoop]:
    return [job.load for job in engine.jobs if isinstance(job.load, ClosedLoop)]


def test_all_stacks_of_a_block_run_at_once_and_each_has_one_trial(address: Address) -> None:
    """Both servers start, then all windows are measured, then both stop; the windows of a stack are one trial."""
    launcher, engine = FakeLauncher(address), FakeEngine(lambda _job: HEALTHY)
    done = Scene(launcher, engine).measure(blocks=2)
    assert [event.split()[0] for event in launcher.events] == ["start", "start", "stop", "stop"] * 2
    assert len(engine.jobs) == 2 * 2 * WINDOWS
    trials = [each for each in done.results if isinstance(each, Trial)]
    assert Counter((each.place.stack, each.place.block) for each in trials) == dict.fromkeys(
        ((stack, block) for stack in STACKS for block in (1, 2)), 1
    )
    assert {each.measurement.requests for each in trials} == {WINDOWS * HEALTHY.requests}


def test_only_the_first_window_of_a_server_has_the_whole_warm_up(address: Address) -> None:
    """The others have a short one whose length is drawn, so that requests in step do not meet each window alike."""
    engine = FakeEngine(lambda _job: HEALTHY)
    warm = replace(DIVIDED, load=ClosedLoop(10, duration_s=2.0, warmup_s=5.0, warmup_requests=30, stable_within_s=2.0))
    Scene(FakeLauncher(address), engine, (warm,)).measure()
    assert sum(load.warmup_requests == 30 for load in loads(engine)) == len(STACKS)
    short = [load.warmup_s for load in loads(engine) if load.warmup_requests == 0]
    assert len(set(short)) == len(short) == len(STACKS) * (WINDOWS - 1)
    assert all(0.1 <= each <= 0.3 for each in short)


def test_a_disturbed_round_is_measured_again_and_counts_for_nobody(address: Address) -> None:
    """A window that a gate voids takes the whole round with it, so that the windows of both sides stay pairs."""
    asked = iter(range(1000))
    engine = FakeEngine(lambda _job: LIMITED if next(asked) == 0 else HEALTHY)
    done = Scene(FakeLauncher(address), engine).measure()
    assert len(engine.jobs) == len(STACKS) * (WINDOWS + 1)
    assert {each.state for each in done.results} == {"ok"}
    assert {each.measurement.requests for each in done.results if isinstance(each, Trial)} == {WINDOWS * 190}


def test_a_block_that_is_disturbed_throughout_is_void(address: Address) -> None:
    """After half as many rounds more than wanted all of them count, with the reason why they should not."""
    engine = FakeEngine(lambda _job: LIMITED)
    done = Scene(FakeLauncher(address), engine).measure()
    assert len(engine.jobs) == len(STACKS) * WINDOWS * 3 // 2
    assert {each.state for each in done.results} == {"void"}


def test_a_stack_that_does_not_start_fails_and_the_others_go_on(address: Address) -> None:
    """Its trials are failures with the reason; what was started is stopped."""
    launcher = FakeLauncher(address, broken=frozenset({"fast"}))
    done = Scene(launcher, FakeEngine(lambda _job: HEALTHY)).measure()
    assert {each.place.stack: each.state for each in done.results} == {"fast": "failed", "slow": "ok"}
    assert launcher.events == ["start slow", "stop slow"]


def test_a_server_that_ends_between_two_windows_fails_alone(address: Address) -> None:
    """A measurement of it from before is no trial; the other stack's is."""
    asked = iter(range(1000))

    def answer(job: Job) -> Measurement:
        if next(asked) == 3:
            raise LoadError("the server went away")
        return HEALTHY

    done = Scene(FakeLauncher(address), FakeEngine(answer)).measure()
    (failed,) = (each for each in done.results if isinstance(each, Failure))
    assert "went away" in failed.reason
    assert [each.state for each in done.results if isinstance(each, Trial)] == ["ok"]


def test_a_reset_comes_before_each_scenario(address: Address) -> None:
    """With data that requests change, each scenario has servers of its own."""
    launcher = FakeLauncher(address)
    stacks = {name: replace(stack, reset=Command(("true",), {}, Path())) for name, stack in STACKS.items()}
    second = replace(DIVIDED, name="second")
    Scene(launcher, FakeEngine(lambda _job: HEALTHY), (DIVIDED, second), stacks).measure()
    assert [event.split()[0] for event in launcher.events] == ["start", "start", "stop", "stop"] * 2
