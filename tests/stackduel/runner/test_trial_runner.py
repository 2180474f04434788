"""A trial's knowledge of the cores that its stack is confined to, and of the null server's rate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.target import Address
from stackduel.runner import trial_runner
from stackduel.runner.trial_runner import TrialRunner, TrialTerms
from tests.stackduel.makers import measurement
from tests.stackduel.runner.fakes import BUDGET, FakeEngine, FakeLauncher

NOWHERE = Address("127.0.0.1", 9)


def runner_of(launcher: FakeLauncher) -> TrialRunner:
    return TrialRunner(
        TrialTerms(BUDGET, timeout_s=5),
        launcher=launcher,
        engine=FakeEngine(lambda _job: measurement([1.0])),  # type: ignore[arg-type]
        reach=lambda started: started.address,
        null_rate_rps=lambda _job, _wanted_rps: None,
        progress=lambda _requests, _elapsed_s, _recent_ms: None,
    )


def test_a_launcher_that_confines_stacks_says_to_which_cores() -> None:
    """The share that others take of these is read core by core; of a stack that may run anywhere, by the whole host."""
    launcher = FakeLauncher(NOWHERE)
    assert runner_of(launcher)._server_cores("a") == BUDGET.server
    launcher.budget = replace(BUDGET, server=(0, 2, 3))
    few = runner_of(launcher)
    few._terms = replace(few._terms, cores={"a": 2})
    assert (few._server_cores("a"), few._server_cores("b")) == ((0, 2), (0, 2, 3))
    launcher.budget = None
    assert runner_of(launcher)._server_cores("a") == ()


@pytest.mark.parametrize(("name", "confined"), [("local", False), ("docker", True)])
def test_local_processes_are_confined_where_the_system_can(
    name: str, confined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that binds no process to a core confines containers alone."""
    monkeypatch.setattr(trial_runner, "can_pin", lambda: False)
    launcher = FakeLauncher(NOWHERE)
    launcher.name = name
    assert runner_of(launcher)._server_cores("a") == (BUDGET.server if confined else ())
