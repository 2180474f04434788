"""What a run will measure, and how: made once from the user's options, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from stackduel.model.budget import Budget
from stackduel.model.plan_step import AnyStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.estimates import Pace, total_seconds
from stackduel.planning.order import interleaved, remaining
from stackduel.planning.search_estimates import search_seconds


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The options of a run, and everything that follows from them.

    ``stacks`` and ``paces`` also hold the baseline's twin, if the run has one: the same stack under another name.
    ``steps`` are those of the suite's own blocks, before a pilot adds more. ``device`` is what models are computed
    on, None if the servers decide. ``notes`` are sentences for the report; no document may show ``secrets``.
    """

    options: RunOptions
    seed: int
    suite: Suite
    stacks: Mapping[str, Stack]
    budget: Budget
    paces: Mapping[str, Pace]
    steps: tuple[AnyStep, ...]
    device: str | None = None
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @property
    def baseline(self) -> str:
        """The stack that the others are compared with."""
        return self.suite.baseline

    @property
    def block_s(self) -> float:
        """About how many seconds a block takes."""
        return total_seconds(self.steps, self.paces) / self.suite.blocks

    @property
    def spare_s(self) -> float:
        """The seconds of a time budget that are left for repeating void trials."""
        budget_s = self.options.time_budget_s
        return inf if budget_s is None else max(0.0, budget_s - total_seconds(self.steps, self.paces))

    @property
    def search_s(self) -> float:
        """About how many seconds the searches of the suite take; 0 without any."""
        settings = self.suite.search
        if settings is None:
            return 0.0
        return sum(
            search_seconds(settings, scenario, pace)
            for pace in self.paces.values()
            for scenario in self.suite.scenarios
        )

    def steps_left(self, run: Run) -> tuple[AnyStep, ...]:
        """Return the steps of all blocks of ``run`` without the trials that it holds already."""
        return remaining(interleaved(run.suite, self.stacks, self.seed), run.done(), run.measured_alone())

    def seconds_left(self, run: Run) -> float:
        """Return about how many seconds the steps that are left take, or the searches."""
        return self.search_s if self.suite.search else total_seconds(self.steps_left(run), self.paces)
