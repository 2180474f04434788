"""The loop of what is measured in interleaved rounds, each with every stack once."""

from __future__ import annotations

import random
from abc import abstractmethod

from stackduel.inference.translation import UntranslatableError
from stackduel.load.job import LoadError, LostPartError
from stackduel.model.errors import LaunchError
from stackduel.model.plan_step import PlanStep
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place
from stackduel.process.interrupts import go_on_interrupting
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext
from stackduel.verify.exchange import ExchangeError
from stackduel.verify.verification import VerifyError

# The ends of a measurement that are a stack's, unless a part of the sandbox has ended.
FAILURES = (LaunchError, VerifyError, LoadError, ExchangeError, UntranslatableError, ProcessLookupError)


class RoundsLoop(Loop):
    """Measures so many rounds; a stack that fails is left out from then on."""

    def __init__(self, context: RunContext, run: Run, rounds: int) -> None:
        super().__init__(context, run)
        self._round_count = rounds
        self._refused: set[str] = set()

    def measure(self) -> Run:
        """Measure in rounds, each stack once in each, in an order drawn anew; a stack that fails is left out."""
        draw = random.Random(self.run.seed)  # noqa: S311 - an order, not a secret
        for block in range(1, self._round_count + 1):
            for scenario in self._context.plan.suite.scenarios:
                order = [name for name in self._context.plan.stacks if name not in self._refused]
                draw.shuffle(order)
                for name in order:
                    self._measure(name, scenario, block)
        return self.run

    def _measure(self, name: str, scenario: Scenario, block: int) -> None:
        """Measure a stack in a round, and save the result; again where a part of the sandbox ended meanwhile."""
        sandbox, place = self._context.trial_runner.sandbox, Place(name, scenario.name, block)
        sandbox.restore()
        self._context.progress.launching(PlanStep(block, name, (scenario,)))
        try:
            self._measure_fresh(name, scenario, block)
        except FAILURES as error:
            go_on_interrupting(error)
            part = error.part if isinstance(error, LostPartError) else sandbox.lost()
            if part is not None:
                self._save_result(sandbox.trial_without(part, place))
                self._measure(name, scenario, block)
                return
            self._refused.add(name)
            self._save_result(Failure(place, str(error)))

    @abstractmethod
    def _measure_fresh(self, name: str, scenario: Scenario, block: int) -> None:
        """Start a stack, measure it, and save the result; raises one of FAILURES."""
