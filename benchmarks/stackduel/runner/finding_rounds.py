"""The loop of rounds whose result is a finding: each stack started afresh, loaded, and its finding saved."""

from __future__ import annotations

from abc import abstractmethod

from stackduel.launch.launcher import Started
from stackduel.model.findings import Finding
from stackduel.model.stack import Stack
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place
from stackduel.observe.resources.usage import Meter
from stackduel.runner.rounds_loop import RoundsLoop


class FindingRounds(RoundsLoop):
    """Loads every stack in each round, on a fresh server, and saves what was found so far."""

    def _measure_fresh(self, name: str, scenario: Scenario, block: int) -> None:
        stack = self._started_as(self._context.plan.stacks[name])
        with self._ready(stack, (scenario,)) as (started, meter):
            self._context.progress.measuring(Place(name, scenario.name, block), scenario)
            finding = self._finding(stack, scenario, started, meter, block)
        self._save(self.run.with_finding(finding))
        self._context.progress.print_line(f"round {block} of {self._round_count}, {name}: {finding.found.sentence}")

    def _started_as(self, stack: Stack) -> Stack:
        """Return the stack with the settings that it is started with."""
        return stack

    @abstractmethod
    def _finding(self, stack: Stack, scenario: Scenario, started: Started, meter: Meter | None, block: int) -> Finding:
        """Load a started stack in a round, and return what was found in all rounds so far."""
