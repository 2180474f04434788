"""Launchers, engines and plans that are made up, for the loops of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from stackduel.analysis.gates import METHOD, Thresholds
from stackduel.launch.launcher import Launcher, Started
from stackduel.load.job import Job
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.isolated import IsolatedResult
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Measurement
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack, Url
from stackduel.model.suite import Scenario
from stackduel.model.target import Address, Elsewhere
from stackduel.model.trial import Place, Result
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.trial_runner import TrialRunner, TrialTerms

BUDGET = Budget((0,), (1,), (1,), 100)

# The windows of made-up loads last no time, so that a single tick that this host spends elsewhere would void them.
ANY_HOST = replace(METHOD, foreign_cpu=1.0, steal=1.0)


class FakeStarted:
    inner_address = None
    subject = Elsewhere()

    def __init__(self, address: Address) -> None:
        self.address = address
        self.ended: str | None = None

    def failure(self) -> str | None:
        return self.ended

    def lost_companion(self) -> None:
        return None

    def log_tail(self, lines: int = 20) -> str:
        return "the last line"

    def terminate(self, grace_s: float) -> ServerEnd:
        self.ended = "the server ended with exit status 0"
        return ServerEnd(min(0.25, grace_s), killed=grace_s < 0.25)


class FakeLauncher:
    """Starts every stack but the ``broken`` ones at once; ``output`` gives what a module that runs alone prints."""

    name = "fake"
    downstream = None
    network = None
    budget: Budget | None = BUDGET

    def __init__(
        self,
        address: Address,
        broken: frozenset[str] = frozenset(),
        output: Callable[[], str] = lambda: "",
    ) -> None:
        self._address = address
        self._broken = broken
        self._output = output
        self.events: list[str] = []
        self.current: FakeStarted | None = None
        self.lost_part: LostPart | None = None

    def lost(self) -> LostPart | None:
        return self.lost_part

    def downstream_log(self, lines: int) -> str:
        return ""

    def restore(self) -> None:
        self.events.append("restore")
        self.lost_part = None

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

    def alone(self, module: Sequence[str]) -> str:
        return self._output()

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        return None

    def facts(self) -> Mapping[str, object]:
        return {}


class FakeEngine:
    """Brings home what ``answer`` says for each job."""

    def __init__(self, answer: Callable[[Job], Measurement]) -> None:
        self._answer = answer
        self.jobs: list[Job] = []
        self.subjects = ()

    def measure(
        self, job: Job, *, at_start: Any, at_stop: Any, progress: Any, alive: Any, in_vain: Any = None
    ) -> Measurement:
        self.jobs.append(job)
        at_start()
        progress(1, 0.1, 12.5)
        found = self._answer(job)
        at_stop()
        assert alive()
        return found


class Silent:
    def print_line(self, text: str) -> None: ...
    def plan_more(self, planned: Mapping[str, float]) -> None: ...
    def checking(self, stack: str) -> None: ...
    def leave_out(self, stacks: Sequence[str]) -> None: ...
    def launching(self, step: PlanStep) -> None: ...
    def launching_together(self, steps: Sequence[PlanStep]) -> None: ...
    def measuring(self, place: Place, scenario: Scenario) -> None: ...
    def isolating(self, solo: IsolatedStep) -> None: ...
    def isolated(self, alone: IsolatedResult) -> None: ...
    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None: ...
    def finished(self, result: Result) -> None: ...


STACKS = {
    name: Stack(name, tier, "", Url(Address("127.0.0.1", 1))) for name, tier in [("slow", "baseline"), ("fast", "code")]
}


def plan_of(run: Run, options: RunOptions | None = None) -> RunPlan:
    """A plan of two stacks for the suite of a run."""
    return RunPlan(options or RunOptions(timeout_s=5), run.seed, run.suite, STACKS, BUDGET, paces={}, steps=())


def context_of(
    plan: RunPlan,
    launcher: Launcher,
    engine: FakeEngine,
    save: Callable[[Run], None],
    progress: RunProgress | None = None,
    gpus: Sequence[ReadableGpu] = (),
    bounds: Thresholds = ANY_HOST,
) -> RunContext:
    """A context in which the engine measures whatever the launcher starts."""
    trial_runner = TrialRunner(
        TrialTerms(BUDGET, timeout_s=5, bounds=bounds),
        launcher=launcher,
        engine=engine,  # type: ignore[arg-type]
        reach=lambda started: started.address,
        null_rate_rps=lambda _job, _wanted_rps: None,
        progress=lambda _requests, _elapsed_s, _recent_ms: None,
        gpus=gpus,
    )
    return RunContext(plan, launcher, trial_runner, save, progress or Silent())
