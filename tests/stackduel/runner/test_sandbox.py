"""The sandbox's own parts: a stack is never blamed for their end, and a run goes on without it once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from stackduel.launch.companion import StackWithCompanion
from stackduel.launch.launcher import Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.load.job import Job, LoadError, LostPartError
from stackduel.model.budget import divide
from stackduel.model.errors import LaunchError, SandboxError
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Measurement
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.target import Address, ProcessTree
from stackduel.model.trial import Failure, Place, Trial
from stackduel.planning.order import interleaved
from stackduel.process.cores import usable_cores
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.exit_status import exit_status
from stackduel.runner.preflight import preflight
from stackduel.runner.sandbox import Sandbox
from stackduel.storage.run_document import run_from_dict, run_to_dict
from stackduel.verify.verification import VerifyError
from tests.conftest import serving
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, FakeStarted, context_of, plan_of
from tests.stackduel.valid import check
from tests.until import until

HEALTHY = measurement([100.0] * 190)
DOWNSTREAM = LostPart("the downstream", "was ended by SIGKILL")
WORKER = LostPart("a worker of the load generator", "was ended by SIGKILL")


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def measured(launcher: FakeLauncher, answer: Callable[[Job], Measurement], kept: list[Run], blocks: int = 1) -> Run:
    begun = run([])
    context = context_of(plan_of(begun), launcher, FakeEngine(answer), kept.append)
    return ComparisonLoop(context, begun).measure(interleaved(begun.suite.with_blocks(blocks), STACKS, 1))


def dying(launcher: FakeLauncher, deaths: set[int]) -> Callable[[Job], Measurement]:
    """A load in the course of which the downstream dies, in these of all loads, counted from 1."""
    made = 0

    def answer(_job: Job) -> Measurement:
        nonlocal made
        made += 1
        if made in deaths:
            launcher.lost_part = DOWNSTREAM
            raise LoadError("the server ended during the load")
        return HEALTHY

    return answer


def test_a_downstream_that_dies_voids_the_trial_by_name(address: Address) -> None:
    """The trial is void and says why, is measured again with a new downstream, and no stack has failed."""
    launcher = FakeLauncher(address)
    done = measured(launcher, dying(launcher, {1}), [])
    (void,) = [result for result in done.results if isinstance(result, Failure)]
    assert (void.state, void.place.attempt) == ("void", 1)
    assert void.reason == (
        "the downstream was ended by SIGKILL during the trial; it belongs to the sandbox, so the trial does not count"
    )
    trials = [result for result in done.results if isinstance(result, Trial)]
    assert {(trial.place.stack, trial.place.attempt) for trial in trials} == {
        (void.place.stack, 2),
        (({"slow", "fast"} - {void.place.stack}).pop(), 1),
    }
    assert launcher.events.count("restore") == 1
    assert exit_status(done) == 0


def test_a_downstream_that_dies_as_the_window_closes_voids_the_trial_too(address: Address) -> None:
    """The load had ended before anybody looked; its figures do not count."""
    launcher = FakeLauncher(address)
    first = True

    def answer(_job: Job) -> Measurement:
        nonlocal first
        first, was_first = False, first
        if was_first:
            # Once the load asks whether all is well it is: the end comes right after.
            asked = launcher.lost

            def once() -> LostPart | None:
                launcher.lost, launcher.lost_part = asked, DOWNSTREAM  # type: ignore[method-assign]
                return None

            launcher.lost = once  # type: ignore[method-assign]
        return HEALTHY

    done = measured(launcher, answer, [])
    assert [result.state for result in done.results].count("void") == 1
    assert len([result for result in done.results if isinstance(result, Trial)]) == 2


def test_a_part_that_dies_a_second_time_fails_the_run(address: Address) -> None:
    """The second end is saved as void, too, and then the run stops by an error that names the part."""
    launcher, kept = FakeLauncher(address), list[Run]()
    with pytest.raises(SandboxError, match="the downstream was ended by SIGKILL, a second time"):
        measured(launcher, dying(launcher, {1, 3}), kept, blocks=5)
    assert [result.state for result in kept[-1].results] == ["void", "ok", "void"]


def test_a_worker_that_dies_is_no_fault_of_the_stack(address: Address) -> None:
    """The engine starts another by itself; a second death ends the run."""
    launcher, kept, made = FakeLauncher(address), list[Run](), 0

    def answer(_job: Job) -> Measurement:
        nonlocal made
        made += 1
        if made in {1, 4}:
            raise LostPartError(WORKER)
        return HEALTHY

    with pytest.raises(SandboxError, match="a worker of the load generator was ended by SIGKILL, a second time"):
        measured(launcher, answer, kept, blocks=5)
    assert [result.state for result in kept[-1].results] == ["void", "ok", "ok", "void"]
    assert "restore" not in launcher.events


def test_a_stack_that_answers_wrongly_without_the_downstream_is_not_refused(address: Address) -> None:
    """Where the downstream died before the load, the wrong answer is its doing: the stack is tried again."""
    launcher = FakeLauncher(address)
    begun = run([])
    context = context_of(plan_of(begun), launcher, FakeEngine(lambda _job: HEALTHY), lambda _run: None)
    verify, failed = context.trial_runner.verify, False

    def verify_without(*asked: object) -> None:
        nonlocal failed
        if not failed:
            failed, launcher.lost_part = True, DOWNSTREAM
            raise ProcessLookupError(1)
        verify(*asked)  # type: ignore[arg-type]

    context.trial_runner.verify = verify_without  # type: ignore[method-assign, assignment]
    done = ComparisonLoop(context, begun).measure(interleaved(begun.suite, STACKS, 1))
    assert [result.state for result in done.results] == ["void", "ok", "ok"]
    assert exit_status(done) == 0


def test_a_void_attempt_without_figures_comes_back_from_its_document(address: Address) -> None:
    """It is stored as void, with its reason and no figures, and the schema knows it."""
    launcher = FakeLauncher(address)
    done = measured(launcher, dying(launcher, {1}), [])
    document = run_to_dict(done)
    check(document)
    assert [trial["state"] for trial in document["trials"]] == ["void", "ok", "ok"]
    assert run_from_dict(document).results[0] == done.results[0]


class Named(FakeStarted):
    name = "triton"


def test_a_companion_s_end_is_told_by_its_name_and_fails_its_own_stack_at_last(address: Address) -> None:
    """The first end voids the trial; the second one is a failure of the stack that needs it, and of no other."""
    sandbox, companion = Sandbox(FakeLauncher(address)), Named(address)
    pair = StackWithCompanion(FakeStarted(address), companion)
    assert sandbox.lost(pair) is None
    companion.ended = "the server was ended by SIGKILL"
    part = sandbox.lost(pair)
    assert part is not None
    first, second, other = (
        sandbox.trial_without(part, Place(stack, "x", 1)) for stack in ("a-triton", "a-triton", "b-triton")
    )
    assert first.reason.startswith("the companion triton has failed: the server was ended by SIGKILL during the trial")
    assert [each.state for each in (first, second, other)] == ["void", "failed", "void"]
    assert second.reason == "the companion triton has failed: the server was ended by SIGKILL, a second time"
    sandbox.restore()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX")
def test_a_real_downstream_that_is_killed_comes_back(tmp_path: Path) -> None:
    """The local launcher names it and its signal, and starts another."""
    with LocalLauncher(divide(usable_cores()), tmp_path / "logs") as launcher:
        assert launcher.lost() is None
        before = launcher.downstream
        assert isinstance(before, ProcessTree)
        os.kill(before.pid, signal.SIGKILL)
        assert until(lambda: launcher.lost() is not None)
        assert launcher.lost() == DOWNSTREAM
        Sandbox(launcher).restore()
        assert launcher.lost() is None
        after = launcher.downstream
        assert isinstance(after, ProcessTree)
        assert after.pid != before.pid
        assert psutil.pid_exists(after.pid)
    assert until(lambda: not psutil.pid_exists(after.pid))


def test_a_downstream_that_dies_before_anything_is_measured_is_no_stack_s_fault(address: Address) -> None:
    """The check before the run starts it again and asks the stack once more."""
    launcher = FakeLauncher(address)
    begun = run([])
    context = context_of(plan_of(begun), launcher, FakeEngine(lambda _job: HEALTHY), lambda _run: None)
    verify, failed = context.trial_runner.verify, False

    def verify_without(*asked: object) -> None:
        nonlocal failed
        if not failed:
            failed, launcher.lost_part = True, DOWNSTREAM
            raise VerifyError("slow: GET / answered 502 instead of 200")
        verify(*asked)  # type: ignore[arg-type]

    context.trial_runner.verify = verify_without  # type: ignore[method-assign, assignment]
    assert preflight(context, begun) is context
    assert launcher.events.count("restore") == 1


def test_a_part_that_cannot_be_started_again_fails_the_run_at_once(address: Address) -> None:
    """A frozen engine, for one: the void trial is saved once, although taking the stack down fails as well."""

    class Frozen(FakeLauncher):
        def restore(self) -> None:
            raise LaunchError("nothing can be started without it")

        @contextmanager
        def start(self, stack: Stack) -> Iterator[Started]:
            with super().start(stack) as started:
                yield started
            if self.lost_part is not None:
                raise LaunchError("removing its container: the engine does not answer")

    launcher, kept = Frozen(address), list[Run]()
    with pytest.raises(SandboxError, match="the downstream was ended by SIGKILL; nothing can be started without it"):
        measured(launcher, dying(launcher, {1}), kept)
    assert [result.state for result in kept[-1].results] == ["void"]


def test_what_was_spoilt_by_an_end_of_the_sandbox_is_done_again(address: Address) -> None:
    """``verify`` blames no stack for the end of the downstream either; the second end is an error."""
    launcher = FakeLauncher(address)
    sandbox, made = Sandbox(launcher), list[int]()

    def work() -> int:
        made.append(len(made))
        if made[-1] in {0, 2}:
            launcher.lost_part = DOWNSTREAM
        return made[-1]

    assert sandbox.made_whole(work) == 1
    with pytest.raises(SandboxError, match="a second time"):
        sandbox.made_whole(work)
