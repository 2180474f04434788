"""From a plan to trials: the one loop that launches, verifies, loads, observes and saves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from benchmarks.budget import Budget
from benchmarks.launch.base import Launcher, LaunchError, Started
from benchmarks.load.engine import Engine, LoadError
from benchmarks.load.job import Call, Driver, Job, choose_driver
from benchmarks.observe.meter import meter_of
from benchmarks.observe.settle import settle
from benchmarks.observe.usage import Meter
from benchmarks.observe.watch import Watch
from benchmarks.plan import Step
from benchmarks.record import Run
from benchmarks.stacks import Stack
from benchmarks.suite import Scenario, Workload
from benchmarks.target import Address
from benchmarks.trial import Cost, Failure, Place, Result, Trial
from benchmarks.verify import Answers, VerifyError

LOG_LINES = 20


class Show(Protocol):
    """Whoever tells the user what is going on."""

    def launching(self, step: Step) -> None:
        """A stack is being started."""

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """A trial begins."""

    def progress(self, requests: int, elapsed_s: float) -> None:
        """So many requests were answered since the window opened."""

    def finished(self, result: Result) -> None:
        """A trial ended, well or not."""


class Conductor:
    """Carries out the steps of a run, one after another, and keeps the run after every trial."""

    def __init__(
        self,
        run: Run,
        stacks: Mapping[str, Stack],
        *,
        launcher: Launcher,
        engine: Engine,
        reach: Callable[[Started], Address],
        budget: Budget,
        driver: Driver,
        timeout_s: float,
        keep: Callable[[Run], None],
        show: Show,
    ) -> None:
        self.run = run
        self._stacks = stacks
        self._launcher = launcher
        self._engine = engine
        self._reach = reach
        self._budget = budget
        self._driver = driver
        self._timeout_s = timeout_s
        self._keep = keep
        self._show = show
        self._answers = Answers(timeout_s)
        self._refused: dict[str, str] = {}

    def carry_out(self, steps: Iterable[Step]) -> Run:
        """Measure all steps; a stack that fails costs its own trials, never the run."""
        for step in steps:
            if step.stack in self._refused:
                self._fail(step, step.scenarios, f"not tried again: {self._refused[step.stack]}")
            else:
                self._carry_out(step)
        return self.run

    def _carry_out(self, step: Step) -> None:
        stack = self._stacks[step.stack]
        pending = deque(step.scenarios)
        while pending:
            self._show.launching(step)
            try:
                with self._launcher.start(stack) as started:
                    meter = meter_of(started.subject)
                    settle(meter)
                    self._answers.verify(stack.name, started.address, _workloads(pending))
                    # A stack that dies under a load is started afresh for what is left.
                    while pending and started.failure() is None:
                        self._measure(step, pending.popleft(), started, meter)
            except (LaunchError, VerifyError, ProcessLookupError) as error:
                self._refused[stack.name] = str(error)
                self._fail(step, pending, str(error))
                return

    def _measure(self, step: Step, scenario: Scenario, started: Started, meter: Meter | None) -> None:
        place = Place(step.stack, scenario.name, step.block)
        self._show.measuring(place, scenario)
        address = self._reach(started)
        job = Job(
            address=address,
            calls=tuple(self._call(workload) for workload in scenario.workloads),
            load=scenario.load,
            timeout_s=self._timeout_s,
            # The raw driver speaks plain HTTP/1.1 only; what it cannot send, the full client can.
            driver=self._driver if self._driver == "aiohttp" else choose_driver(address, scenario.workloads)[0],
            seed=self.run.seed,
            victim=self._call(scenario.victim) if scenario.victim else None,
        )
        with Watch(meter) as watch:
            try:
                measurement = self._engine.measure(
                    job,
                    at_start=watch.start,
                    at_stop=watch.stop,
                    progress=self._show.progress,
                    alive=lambda: started.failure() is None,
                )
            except LoadError as error:
                self._keep_result(Failure(place, _why(error, started)))
                return
        cost = watch.cost()
        if not measurement.requests:
            reason = f"no request was answered within {measurement.duration_s:.1f} s"
            self._keep_result(Failure(place, reason))
        elif cost is not None and cost.memory_peak_mib > self._budget.memory_mib:
            self._keep_result(Failure(place, _over_budget(cost, self._budget)))
        else:
            self._keep_result(Trial(place, scenario.load.metric, measurement, cost))

    def _call(self, workload: Workload) -> Call:
        return Call(workload, self._answers.expectation(workload))

    def _fail(self, step: Step, scenarios: Iterable[Scenario], reason: str) -> None:
        for scenario in scenarios:
            self._keep_result(Failure(Place(step.stack, scenario.name, step.block), reason))

    def _keep_result(self, result: Result) -> None:
        self.run = self.run.plus(result)
        self._keep(self.run)
        self._show.finished(result)


def _workloads(scenarios: Iterable[Scenario]) -> list[Workload]:
    """All requests that will be sent, those to victims too."""
    return [
        workload
        for scenario in scenarios
        for workload in (*scenario.workloads, scenario.victim)
        if workload is not None
    ]


def _why(error: LoadError, started: Started) -> str:
    ended = started.failure()
    if ended is None:
        return str(error)
    log = started.log_tail(LOG_LINES).strip()
    return f"{ended} during the trial" + (f"\n{log}" if log else " (it wrote no log)")


def _over_budget(cost: Cost, budget: Budget) -> str:
    return (
        f"used {cost.memory_peak_mib:.0f} MiB of memory, over the budget of {budget.memory_mib} MiB"
        " (a container would have been killed)"
    )
