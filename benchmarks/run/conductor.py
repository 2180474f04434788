"""The one loop of a run: launch a stack, verify it, measure its scenarios, keep every result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from benchmarks.launch.base import Launcher, LaunchError
from benchmarks.observe.meter import meter_of
from benchmarks.observe.settle import settle
from benchmarks.plan import Step
from benchmarks.record import Run
from benchmarks.run.bench import Bench
from benchmarks.stacks import Stack
from benchmarks.suite import Scenario
from benchmarks.trial import Failure, Place, Result
from benchmarks.verify import VerifyError


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
        bench: Bench,
        keep: Callable[[Run], None],
        show: Show,
    ) -> None:
        self.run = run
        self._stacks = stacks
        self._launcher = launcher
        self._bench = bench
        self._keep = keep
        self._show = show
        self._refused: dict[str, str] = {}

    def carry_out(self, steps: Iterable[Step]) -> Run:
        """Measure all steps; a stack that fails costs its own trials, never the run."""
        for step in steps:
            name = self._stacks[step.stack].name
            if name in self._refused:
                self._fail(step, step.scenarios, f"not tried again: {self._refused[name]}")
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
                    self._bench.verify(stack.name, started, pending)
                    # A stack that dies under a load is started afresh for what is left.
                    while pending and started.failure() is None:
                        scenario = pending.popleft()
                        place = Place(step.stack, scenario.name, step.block)
                        self._show.measuring(place, scenario)
                        for result in self._bench.attempts(place, scenario, started, meter):
                            self._keep_result(result)
            except (LaunchError, VerifyError, ProcessLookupError) as error:
                self._refused[stack.name] = str(error)
                self._fail(step, pending, str(error))
                return

    def _fail(self, step: Step, scenarios: Iterable[Scenario], reason: str) -> None:
        for scenario in scenarios:
            self._keep_result(Failure(Place(step.stack, scenario.name, step.block), reason))

    def _keep_result(self, result: Result) -> None:
        self.run = self.run.plus(result)
        self._keep(self.run)
        self._show.finished(result)
