"""The events of a run that its user sees while it measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from stackduel.model.isolated import IsolatedResult
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place, Result


class RunProgress(Protocol):
    """Shows what is going on: a terminal, a live page, or nothing."""

    def print_line(self, text: str) -> None:
        """Show a line that stays."""

    def plan_more(self, planned: Mapping[str, float]) -> None:
        """Expect so many seconds more than were planned before, by stack; fewer where they are negative."""

    def checking(self, stack: str) -> None:
        """Show that a stack is started once, before anything is measured."""

    def leave_out(self, stacks: Sequence[str]) -> None:
        """Expect no steps of these stacks any longer."""

    def launching(self, step: PlanStep) -> None:
        """Show that a stack is being started."""

    def launching_together(self, steps: Sequence[PlanStep]) -> None:
        """Show that the stacks of a block are being started, which run at once."""

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """Show that a trial begins."""

    def isolating(self, solo: IsolatedStep) -> None:
        """Show that a model is being measured alone."""

    def isolated(self, alone: IsolatedResult) -> None:
        """Show the result of a model measured alone."""

    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Show the requests answered since the window opened, and the median latency of the latest."""

    def finished(self, result: Result) -> None:
        """Show that a trial ended, measured or not."""
