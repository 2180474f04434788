"""The one loop of a run: launch a stack, verify it, measure its scenarios, keep every result."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from math import inf

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.errors import LaunchError
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.plan_step import AnyStep, IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place
from stackduel.observe.resources.usage import Meter
from stackduel.runner.attempts import Attempts, fit_for_more
from stackduel.runner.loop import Loop, Show
from stackduel.runner.trial_runner import TrialRunner
from stackduel.verify.verification import VerifyError


class ComparisonLoop(Loop):
    """Carries out the steps of a run, one after another, and keeps the run after every trial.

    ``strict`` keeps no trial that the host disturbed; ``repeats_s`` is how many seconds void trials may be repeated
    for, all together. ``alone`` measures the models of a suite in no stack.
    """

    def __init__(
        self,
        run: Run,
        stacks: Mapping[str, Stack],
        *,
        launcher: Launcher,
        bench: TrialRunner,
        keep: Callable[[Run], None],
        show: Show,
        strict: bool = False,
        repeats_s: float = inf,
        alone: Callable[[IsolatedStep], IsolatedMeasurement] | None = None,
    ) -> None:
        super().__init__(run, stacks, launcher=launcher, bench=bench, keep=keep, show=show, strict=strict)
        self._repeats_s = repeats_s
        self._alone = alone
        self._refused: dict[str, str] = {}

    def carry_out(self, steps: Iterable[AnyStep]) -> Run:
        """Measure all steps; a stack that fails costs its own trials, never the run."""
        for step in steps:
            if isinstance(step, IsolatedStep):
                self._isolate(step)
                continue
            name = self._stacks[step.stack].name
            if name in self._refused:
                self._fail(step, step.scenarios, f"not tried again: {self._refused[name]}")
            else:
                self._carry_out(step)
        return self.run

    def _isolate(self, solo: IsolatedStep) -> None:
        """Measure a model alone; one that cannot be is told once in each block, and costs no trial."""
        if self._alone is None:
            return
        self._show.isolating(solo)
        found: IsolatedResult
        try:
            found = self._alone(solo)
        except (LaunchError, ValueError) as error:
            found = IsolatedFailure(solo.model, solo.block, str(error))
        self.run = self.run.with_alone(found)
        self._keep(self.run)
        self._show.isolated(found)

    def _carry_out(self, step: PlanStep) -> None:
        stack = self._stacks[step.stack]
        pending = deque(
            Attempts(place, scenario) for place, scenario in zip(step.places(), step.scenarios, strict=True)
        )
        while pending:
            self._show.launching(step)
            try:
                with self._ready(stack, [attempts.scenario for attempts in pending]) as (started, meter):
                    fresh = True
                    while pending and fresh:
                        fresh = self._attempt(pending, started, meter)
            except (LaunchError, VerifyError, ProcessLookupError) as error:
                self._refused[stack.name] = str(error)
                self._fail(step, [attempts.scenario for attempts in pending], str(error))
                return

    def _attempt(self, pending: deque[Attempts], started: Started, meter: Meter | None) -> bool:
        """Make the next attempt; False where the stack is not fit for another, being dead or busy with the last load.

        It is then started afresh for what is left.
        """
        attempts, began_s = pending[0], time.monotonic()
        place = attempts.next
        if place is None:
            raise RuntimeError("an attempt too many")
        self._show.measuring(place, attempts.scenario)
        result = self._bench.measure(place, attempts.scenario, started, meter)
        self._repeats_s -= time.monotonic() - began_s if attempts.repeats else 0.0
        attempts.take(result)
        self._keep_result(result)
        if attempts.next is None or self._repeats_s <= 0:
            pending.popleft()
            noisy = None if self._strict else attempts.noisy()
            if noisy is not None:
                self._keep_result(noisy)
        return fit_for_more(started, result)

    def _fail(self, step: PlanStep, scenarios: Iterable[Scenario], reason: str) -> None:
        for scenario in scenarios:
            self._keep_result(Failure(Place(step.stack, scenario.name, step.block), reason))
