"""Runs of one stack whose clients do not all behave alike, without any file but the logs."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePath

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.load.engine import local_engine
from stackduel.load.job import Job
from stackduel.model.budget import divide
from stackduel.model.client_settings import ClientSettings, LeavingSettings
from stackduel.model.findings import SearchResult
from stackduel.model.measurement import Measurement
from stackduel.model.stack import Command, Stack
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.planning.run_plan import RunPlan
from stackduel.process.cores import usable_cores
from stackduel.runner.leaving_loop import LeavingLoop
from stackduel.runner.run_context import RunContext
from stackduel.runner.slow_readers_loop import SlowReadersLoop
from stackduel.runner.trial_runner import TrialRunner, TrialTerms
from stackduel_servers.core.streams.early_end import VARIABLE
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import FakeEngine, Silent, plan_of

ROOT = Path(__file__).parents[2]


def client_server(log: Path, *words: str, env: Mapping[str, str] | None = None) -> Stack:
    """The server that notices clients as it is told to, as a stack that says when it did."""
    argv = (sys.executable, "-m", "tests.truth.client_server", "--port", "{port}", "--log", str(log), *words)
    return Stack("known", "baseline", "", Command(argv, env or {VARIABLE: "on"}, PurePath(ROOT)))


def found_of(stack: Stack, settings: ClientSettings, path: str, load: ClosedLoop, folder: Path) -> SearchResult:
    """Return a run's finding on a stack: of clients that leave beside a load, of slow readers alone."""
    scenario = Scenario("clients", (Workload(path, stream="sse", check="length"),), load)
    suite = Suite("truth", "", stack.name, (stack.name,), 1, (scenario,), search=settings)
    begun = replace(run([], {stack.name: "baseline"}), suite=suite, baseline=stack.name)
    budget = divide(usable_cores(), 1024)
    plan: RunPlan = replace(plan_of(begun), stacks={stack.name: stack}, budget=budget)
    with LocalLauncher(budget, folder / "logs") as launcher, ExitStack() as running:
        leaving = isinstance(settings, LeavingSettings)
        engine = running.enter_context(local_engine(budget.generator, shards=1)) if leaving else FakeEngine(waited)
        trial_runner = TrialRunner(
            TrialTerms(budget),
            launcher=launcher,
            engine=engine,  # type: ignore[arg-type]
            reach=lambda started: started.address,
            null_rate_rps=lambda _job, _wanted_rps: None,
            progress=lambda _requests, _elapsed_s, _recent_ms: None,
        )
        context = RunContext(plan, launcher, trial_runner, lambda _run: None, Silent())
        if isinstance(settings, LeavingSettings):
            done = LeavingLoop(context, begun, settings).measure()
        else:
            done = SlowReadersLoop(context, begun, settings).measure()
    assert done.failures(scenario.name, stack.name) == []
    (finding,) = done.findings
    return finding.found


def waited(job: Job) -> Measurement:
    """A window in which nobody but the clients aside asks for anything."""
    time.sleep(job.load.duration_s or 0.0)
    return measurement([1.0])
