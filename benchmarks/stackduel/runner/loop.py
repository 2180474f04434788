"""The part that all loops of a run share: make a stack ready, and save every result at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from stackduel.launch.launcher import Started
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.settle import settle
from stackduel.observe.resources.usage import Meter
from stackduel.runner.attempts import fit_for_more
from stackduel.runner.run_context import RunContext
from stackduel.storage.run_document import redaction_of


class Loop:
    """Measures stacks within a context; ``run`` holds the results so far."""

    def __init__(self, context: RunContext, run: Run) -> None:
        self.run = run
        self._context = context

    @contextmanager
    def _ready(self, stack: Stack, scenarios: Iterable[Scenario]) -> Iterator[tuple[Started, Meter | None]]:
        """Start a stack, let it settle, and verify its answers to the scenarios.

        Raises LaunchError, VerifyError, or ProcessLookupError if it ends meanwhile.
        """
        with self._context.launcher.start(stack) as started:
            meter = meter_of(started.subject)
            settle(meter)
            self._context.trial_runner.verify(stack.name, started, scenarios)
            yield started, meter

    def _goes_on(self, stack: str, started: Started, result: Result) -> bool:
        """Return whether a stack's server can be measured further: after a reset only a fresh one can."""
        return fit_for_more(started, result) and self._context.plan.stacks[stack].reset is None

    def _fail_step(self, step: PlanStep, scenarios: Iterable[Scenario], reason: str) -> None:
        """Save the trials of a step in these scenarios as failures."""
        for scenario in scenarios:
            self._save_result(Failure(Place(step.stack, scenario.name, step.block), reason))

    def _save(self, run: Run) -> None:
        self.run = run
        self._context.save(run)

    def _save_result(self, result: Result) -> None:
        if isinstance(result, Failure):
            # The reason may hold words of the server's, and is shown and saved from here on.
            result = replace(result, reason=redaction_of(self.run).text(result.reason))
        self._save(self.run.plus(result))
        self._context.progress.finished(result)
