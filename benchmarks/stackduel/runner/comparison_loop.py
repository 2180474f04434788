"""The loop of a comparison: launch a stack, verify it, measure its scenarios, save every result."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator

from stackduel.launch.launcher import Started
from stackduel.model.errors import LaunchError
from stackduel.model.plan_step import AnyStep, IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.trial import Result
from stackduel.observe.resources.usage import Meter
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.attempts import Attempts
from stackduel.runner.ended_scenarios import EndedScenarios
from stackduel.runner.isolated_models import measure_alone
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext
from stackduel.verify.verification import VerifyError


class ComparisonLoop(Loop):
    """Measures the steps of a run one after another, and saves the run after every trial.

    Void trials are repeated. Repeats stop when the time budget is used up.
    """

    def __init__(self, context: RunContext, run: Run) -> None:
        super().__init__(context, run)
        self._repeats_s = context.plan.spare_s
        self._refused: dict[str, str] = {}
        self._ended = EndedScenarios(run.baseline)

    def measure(self, steps: Iterable[AnyStep]) -> Run:
        """Measure all steps. If a stack fails, only its trials fail; the run continues."""
        for step in steps:
            if isinstance(step, IsolatedStep):
                self._measure_alone(step)
                continue
            name = self._context.plan.stacks[step.stack].name
            if name in self._refused:
                self._fail_step(step, step.scenarios, f"not tried again: {self._refused[name]}")
            else:
                self._measure(step)
        return self.run

    def _measure_alone(self, step: IsolatedStep) -> None:
        """Measure a model alone and save the result; if it fails, no trial fails."""
        self._context.progress.isolating(step)
        result = measure_alone(self._context.launcher, step)
        if result is not None:
            self._save(self.run.with_alone(result))
            self._context.progress.isolated(result)

    def _measure(self, step: PlanStep) -> None:
        stack = self._context.plan.stacks[step.stack]
        pending = deque(self._attempts_of(step, stack.name))
        while pending:
            self._context.trial_runner.sandbox.restore()
            self._context.progress.launching(step)
            try:
                with self._ready(stack, [attempts.scenario for attempts in pending]) as (started, meter):
                    usable = True
                    while pending and usable:
                        usable = self._attempt(pending, started, meter)
            except (LaunchError, VerifyError, ProcessLookupError) as error:
                go_on_interrupting(error)
                if self._lost_with_sandbox(pending):
                    continue
                self._refused[stack.name] = str(error)
                self._fail_step(step, [attempts.scenario for attempts in pending], str(error))
                return

    def _attempts_of(self, step: PlanStep, stack: str) -> Iterator[Attempts]:
        """Yield the trials of a step that are still worth measuring; save the others as failures."""
        for place, scenario in zip(step.places(), step.scenarios, strict=True):
            if why := self._ended.why(stack, scenario.name):
                self._fail_step(step, [scenario], why)
            else:
                yield Attempts(place, scenario)

    def _lost_with_sandbox(self, pending: deque[Attempts]) -> bool:
        """Save the next attempt as void if a part of the sandbox ended; return whether one did."""
        if not pending or (place := pending[0].next) is None:
            return False
        part = self._context.trial_runner.sandbox.lost()
        if part is None:
            return False
        if not self._context.trial_runner.sandbox.knows(part):
            self._take(pending, self._context.trial_runner.sandbox.trial_without(part, place))
        return True

    def _attempt(self, pending: deque[Attempts], started: Started, meter: Meter | None) -> bool:
        """Make the next attempt; return False if the stack ended, is still busy with the last load, or is to be reset.

        The rest is then measured on a fresh server.
        """
        attempts, began_s = pending[0], time.monotonic()
        place = attempts.next
        if place is None:
            raise RuntimeError("an attempt too many")
        self._context.progress.measuring(place, attempts.scenario)
        result = self._context.trial_runner.measure(place, attempts.scenario, started, meter)
        result = self._ended.judged(self._context.plan.stacks[place.stack].name, attempts.scenario.load, result)
        self._repeats_s -= time.monotonic() - began_s if attempts.repeats else 0.0
        self._take(pending, result)
        return self._goes_on(place.stack, started, result)

    def _take(self, pending: deque[Attempts], result: Result) -> None:
        """Save the result of the next attempt; the trial is done if no more are to be made."""
        attempts = pending[0]
        attempts.take(result)
        self._save_result(result)
        if attempts.next is None or self._repeats_s <= 0:
            pending.popleft()
            noisy = None if self._context.plan.options.strict else attempts.noisy()
            if noisy is not None:
                self._save_result(noisy)
