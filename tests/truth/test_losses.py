"""Lost requests are those that an independent client counts on the same server, at the same moment."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import pytest

from stackduel.launch.launcher import Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.redacted_launcher import RedactedStack
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.load.engine import local_engine
from stackduel.model.budget import divide
from stackduel.model.findings import SearchResult
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_settings import LossSettings, RecyclingSettings, ShutdownSettings
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Command, Stack
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.planning.registry import registered_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.process.cores import usable_cores
from stackduel.runner.loss_loop import LossLoop
from stackduel.runner.run_context import RunContext
from stackduel.runner.trial_runner import TrialRunner, TrialTerms
from stackduel.storage.redaction import NO_SECRETS
from stackduel.verify.exchange import exchange
from tests.stackduel.makers import run
from tests.stackduel.runner.fakes import Silent, plan_of
from tests.truth.witness import Witness

ROOT = Path(__file__).parents[2]
USERS = 12
OPEN = ClosedLoop(USERS, duration_s=7.0, warmup_s=0.2)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")


@dataclass(frozen=True, slots=True)
class WitnessedStack(RedactedStack):
    """A stack that a witness uses, too, from just before SIGTERM on."""

    path: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def terminate(self, grace_s: float) -> ServerEnd:
        """Let the witness send its first requests, and then end the server."""
        witness = Witness(self.address, self.path, USERS)
        witness.begin()
        # Connections are accepted in turn: once this later one is answered, the server has those of the witness.
        assert exchange(self.address, "/health").status == 200
        end = self.started.terminate(grace_s)
        self.counts.update(witness.result())
        return end


class WitnessedLauncher(WrappedLauncher):
    """Starts stacks that a witness uses, too: as they end, or with ``most`` requests a user from their start on."""

    def __init__(self, launcher: LocalLauncher, path: str, most: int | None = None) -> None:
        super().__init__(launcher)
        self.counts: Counter[str] = Counter()
        self._path = path
        self._most = most

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        with super().start(stack) as started:
            if self._most is None:
                yield WitnessedStack(started, NO_SECRETS, self._path, self.counts)
                return
            witness = Witness(started.address, self._path, USERS, self._most)
            witness.begin()
            yield started
            self.counts.update(witness.result())


def ending(behaviour: str, log: Path) -> Stack:
    """The server of known losses as a stack."""
    argv = (sys.executable, "-m", "tests.truth.ending", behaviour, "--port", "{port}", "--log", str(log))
    return Stack(behaviour, "baseline", "", Command(argv, {}, PurePath(ROOT)))


def measured(
    stack: Stack, settings: LossSettings, path: str, load: ClosedLoop, folder: Path, most: int | None = None
) -> tuple[SearchResult, Counter[str]]:
    """Return a run's finding on a stack, and what the witness counted on the same servers meanwhile."""
    scenario = Scenario("end", (Workload(path),), load)
    suite = Suite("truth", "", stack.name, (stack.name,), 1, (scenario,), search=settings)
    begun = replace(run([], {stack.name: "baseline"}), suite=suite, baseline=stack.name)
    budget = divide(usable_cores(), 1024)
    plan: RunPlan = replace(plan_of(begun), stacks={stack.name: stack}, budget=budget)
    with (
        LocalLauncher(budget, folder / "logs") as local,
        local_engine(budget.generator, shards=1) as engine,
    ):
        launcher = WitnessedLauncher(local, path + "&by=witness", most)
        trial_runner = TrialRunner(
            TrialTerms(budget, resend_idle_s=1e9),
            launcher=launcher,
            engine=engine,
            reach=lambda started: started.address,
            null_rate_rps=lambda _job, _wanted_rps: None,
            progress=lambda _requests, _elapsed_s, _recent_ms: None,
        )
        context = RunContext(plan, launcher, trial_runner, lambda _run: None, Silent())
        done = LossLoop(context, begun, settings).measure()
    assert done.failures(scenario.name, stack.name) == []
    (finding,) = done.findings
    return finding.found, launcher.counts


@pytest.mark.parametrize(("behaviour", "lost"), [("drops", USERS), ("drains", 0)])
def test_what_a_known_server_loses_is_what_was_in_flight(behaviour: str, lost: int, tmp_path: Path) -> None:
    """One that drops all loses exactly what was in flight, one that drains nothing; the witness counts the same."""
    stack = ending(behaviour, tmp_path / "dropped")
    found, witnessed = measured(stack, ShutdownSettings(rounds=1), "/?wait", OPEN, tmp_path)
    assert isinstance(found, Shutdown)
    assert found.losses.lost == witnessed["lost"] == lost
    assert found.losses.answered == witnessed["answered"] == USERS - lost
    assert found.losses.refused >= USERS
    assert witnessed["refused"] == USERS
    assert (found.killed, found.losses.other) == (0, 0)
    assert found.ended_s.value < 3.0


@pytest.mark.parametrize(("name", "loses"), [("flask-waitress", True), ("fastapi-uvicorn", False)])
def test_a_real_server_loses_what_an_independent_client_counts(name: str, loses: bool, tmp_path: Path) -> None:
    """Waitress drops what waits for a thread, Uvicorn answers all: both clients say so, within what was in flight."""
    found, witnessed = measured(
        registered_stacks()[name], ShutdownSettings(rounds=1), "/slow-io?delay=1", OPEN, tmp_path
    )
    assert isinstance(found, Shutdown)
    assert abs(found.losses.lost - witnessed["lost"]) <= USERS
    assert (found.losses.lost > 0, witnessed["lost"] > 0) == (loses, loses)


def test_recycling_counts_what_the_server_dropped(tmp_path: Path) -> None:
    """The server's own log of dropped requests equals the losses: the witness's exactly, the run's within a round."""
    log = tmp_path / "dropped"
    load = ClosedLoop(USERS, duration_s=2.0)
    found, witnessed = measured(ending("recycles", log), RecyclingSettings(rounds=1), "/?", load, tmp_path, most=40)
    assert isinstance(found, Recycling)
    dropped = Counter("witness" if "by=witness" in line else "run" for line in log.read_text().splitlines())
    assert witnessed["lost"] == dropped["witness"] > 0
    assert witnessed["lost"] + witnessed["answered"] == 40 * USERS
    # A request that the window's end cut off may have been dropped.
    assert 0 <= dropped["run"] - found.losses.lost <= USERS
    assert found.losses.lost > 0
    assert found.reconnects >= found.losses.lost - USERS
