"""The loop of rounds in which some of the clients behave otherwise than the load's own."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from stackduel.launch.launcher import Started
from stackduel.model.client_settings import ClientSettings
from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.observe.resources.usage import Meter
from stackduel.runner.client_windows import ClientWindows, noting_ends
from stackduel.runner.finding_rounds import FindingRounds
from stackduel.runner.run_context import RunContext

Round = TypeVar("Round")


class ClientRounds(FindingRounds, Generic[Round]):
    """Measures the windows of each round on one started stack, whose handlers note their early ends."""

    def __init__(self, context: RunContext, run: Run, settings: ClientSettings) -> None:
        super().__init__(context, run, settings.rounds)
        self._settle_s = settings.settle_s
        self._rounds: dict[tuple[str, str], list[Round]] = {}

    def _started_as(self, stack: Stack) -> Stack:
        return noting_ends(stack)

    def _finding(self, stack: Stack, scenario: Scenario, started: Started, meter: Meter | None, block: int) -> Finding:
        draw = random.Random(f"{self.run.seed}/{stack.name}/{scenario.name}/{block}")  # noqa: S311 - no secret
        windows = ClientWindows(self._context, stack, scenario, started, meter, self._settle_s)
        rounds = self._rounds.setdefault((stack.name, scenario.name), [])
        rounds.append(self._round(block, windows, draw))
        return self._found(stack.name, scenario.name, rounds)

    @abstractmethod
    def _round(self, block: int, windows: ClientWindows, draw: random.Random) -> Round:
        """Measure the windows of a round, and return what they came to."""

    @abstractmethod
    def _found(self, stack: str, scenario: str, rounds: Sequence[Round]) -> Finding:
        """Return what was found on a stack in all its rounds so far."""
