"""The steps of a run's plan: one fresh start of a stack, or one model measured alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stackduel.model.suite import Scenario
from stackduel.model.trial import Place


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One fresh start of a stack within a block, and the scenarios that are measured on it in this order."""

    block: int
    stack: str
    scenarios: tuple[Scenario, ...]

    def places(self) -> Iterable[Place]:
        """Return the places of its trials."""
        return (Place(self.stack, scenario.name, self.block) for scenario in self.scenarios)


@dataclass(frozen=True, slots=True)
class IsolatedStep:
    """A model measured alone within a block, in no stack: what the stacks of the block could reach at most."""

    block: int
    model: str


AnyStep = PlanStep | IsolatedStep
