"""The loop of what is measured in interleaved rounds, each with every stack once."""

from __future__ import annotations

import random
from abc import abstractmethod

from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.runner.loop import Loop
from stackduel.runner.run_context import RunContext


class RoundsLoop(Loop):
    """Measures so many rounds; what ``_measure`` puts into ``_refused`` is left out from then on."""

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

    @abstractmethod
    def _measure(self, name: str, scenario: Scenario, block: int) -> None:
        """Measure a stack in a round, and save the result."""
