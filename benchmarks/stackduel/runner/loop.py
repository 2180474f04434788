"""What all loops of a run have in common: a stack made ready, and every result kept at once and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.isolated import IsolatedResult
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place, Result
from stackduel.observe.resources.meters import meter_of
from stackduel.observe.resources.settle import settle
from stackduel.observe.resources.usage import Meter
from stackduel.runner.trial_runner import TrialRunner


class Show(Protocol):
    """Whoever tells the user what is going on."""

    def launching(self, step: PlanStep) -> None:
        """A stack is being started."""

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """A trial begins."""

    def isolating(self, solo: IsolatedStep) -> None:
        """A model is being measured alone."""

    def isolated(self, alone: IsolatedResult) -> None:
        """A model was measured alone, or could not be."""

    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """So many requests were answered since the window opened, the latest with this median latency."""

    def finished(self, result: Result) -> None:
        """A trial ended, well or not."""


class Loop:
    """Measures stacks on a bench; ``run`` is what came of it so far, and ``strict`` keeps nothing that is noisy."""

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
    ) -> None:
        self.run = run
        self._stacks = stacks
        self._launcher = launcher
        self._bench = bench
        self._keep = keep
        self._show = show
        self._strict = strict

    @contextmanager
    def _ready(self, stack: Stack, scenarios: Iterable[Scenario]) -> Iterator[tuple[Started, Meter | None]]:
        """A stack that was started, has settled, and answers these scenarios rightly.

        Raises LaunchError, VerifyError, or ProcessLookupError where it ends meanwhile.
        """
        with self._launcher.start(stack) as started:
            meter = meter_of(started.subject)
            settle(meter)
            self._bench.verify(stack.name, started, scenarios)
            yield started, meter

    def _keep_result(self, result: Result) -> None:
        self.run = self.run.plus(result)
        self._keep(self.run)
        self._show.finished(result)
