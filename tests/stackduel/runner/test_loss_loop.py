"""The loop that stops servers under load, with launchers and engines that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from stackduel.load.job import Job, LostPartError
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Measurement
from stackduel.model.run import Run
from stackduel.model.run_options import NEVER_RESEND_S
from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.recycling import RecycledRound, Recycling
from stackduel.model.search_results.shutdown import Shutdown, Stop
from stackduel.model.search_settings import LossSettings, RecyclingSettings, ShutdownSettings
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.target import Address
from stackduel.model.trial import Failure
from stackduel.runner.loss_loop import LossLoop
from stackduel.runner.run_context import terms_of
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.conftest import serving
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import FakeEngine, FakeLauncher, context_of, plan_of

SCENARIO = Scenario("end", (Workload("/item"),), ClosedLoop(4, duration_s=7.0))


def five_of_seven(_job: Job) -> Measurement:
    """Two requests answered, three lost, two refused, and one open as the window closes."""
    outcomes = {"ok": 2, "dropped": 2, "truncated": 1, "refused": 2}
    return replace(measurement([1.0, 1.0]), requests=7, succeeded=2, failed=5, outcomes=outcomes, cut_off=1)


def scene(
    address: Address,
    settings: LossSettings,
    broken: frozenset[str] = frozenset(),
    answer: Callable[[Job], Measurement] = five_of_seven,
) -> tuple[Run, FakeLauncher]:
    """Return what a loop makes of a run with these settings."""
    begun = run([], scenarios=(SCENARIO,))
    begun = replace(begun, suite=replace(begun.suite, search=settings))
    launcher = FakeLauncher(address, broken)
    context = context_of(plan_of(begun), launcher, FakeEngine(answer), lambda _run: None)
    return LossLoop(context, begun, settings).measure(), launcher


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_stack_is_stopped_in_each_round(address: Address) -> None:
    """Each stop holds its counts and how the server ended; what still waits for a connection counts as refused."""
    done, launcher = scene(address, ShutdownSettings(rounds=2))
    found: Any = {finding.stack: finding.found for finding in done.findings}
    stops = tuple(Stop(block, 4, Losses(2, 3, 3, 0), 0.25, killed=False) for block in (1, 2))
    assert found["slow"] == found["fast"] == Shutdown(stops, 5.0, found["slow"].ended_s)
    assert found["slow"].ended_s.value == 0.25
    assert [event for event in launcher.events if event.startswith("start")].count("start slow") == 2
    assert run_from_dict(run_to_dict(done)).findings == done.findings


def test_a_server_that_outlives_its_grace_is_counted_as_killed(address: Address) -> None:
    """A grace shorter than the server needs ends in its death, which the sentence says."""
    done, _ = scene(address, ShutdownSettings(rounds=1, grace_s=0.1))
    found = done.findings[0].found
    assert isinstance(found, Shutdown)
    assert found.killed == 1
    assert "killed in 1 of 1, as its 0.1 s of grace were over." in found.sentence


def test_recycling_ends_no_server(address: Address) -> None:
    """A round is the load alone; what is open at its end is not lost, as the server goes on."""
    done, _ = scene(address, RecyclingSettings(rounds=1))
    found = done.findings[0].found
    reconnects = measurement([1.0]).reconnects
    assert found == Recycling((RecycledRound(1, Losses(2, 3, 2, 0), reconnects),))
    assert run_from_dict(run_to_dict(done)).findings == done.findings


def test_a_stack_that_does_not_start_costs_its_own_finding(address: Address) -> None:
    """It is tried once; the other is stopped as often as asked."""
    done, _ = scene(address, ShutdownSettings(rounds=2), frozenset({"slow"}))
    (failure,) = [each for each in done.results if isinstance(each, Failure)]
    assert failure.reason == "slow: no such module"
    assert [finding.stack for finding in done.findings] == ["fast"]


def test_a_lost_worker_of_the_generator_is_no_fault_of_the_stack(address: Address) -> None:
    """Its trial is void and measured again, and every stack has its finding."""
    jobs: list[Job] = []

    def first_lost(job: Job) -> Measurement:
        jobs.append(job)
        if len(jobs) == 1:
            raise LostPartError(LostPart("a worker of the load generator", "was ended by SIGKILL"))
        return five_of_seven(job)

    done, _ = scene(address, ShutdownSettings(rounds=1), answer=first_lost)
    (void,) = [each for each in done.results if isinstance(each, Failure)]
    assert void.state == "void"
    assert void.reason.startswith("a worker of the load generator was ended by SIGKILL during the trial")
    assert {finding.stack for finding in done.findings} == {"slow", "fast"}


@pytest.mark.parametrize("settings", [ShutdownSettings(), RecyclingSettings()])
def test_nothing_is_sent_again(settings: LossSettings) -> None:
    """Whatever the option says, a request that was lost is not hidden by sending it again."""
    begun = run([], scenarios=(SCENARIO,))
    plan = plan_of(replace(begun, suite=replace(begun.suite, search=settings)))
    assert terms_of(plan).resend_idle_s == NEVER_RESEND_S
    assert terms_of(plan_of(begun)).resend_idle_s < 1
