"""The plan of a run: made once from the user's options, before anything is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from stackduel.model.aa_pair import is_twin
from stackduel.model.ablation_settings import ALL_OFF, ALL_ON, AblationSettings
from stackduel.model.budget import Budget
from stackduel.model.plan_step import AnyStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.model.tune_settings import TuneSettings
from stackduel.planning.estimates import Pace, preflight_seconds, seconds_by_stack, total_seconds
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
        if budget_s is None:
            return inf
        return max(0.0, budget_s - self.preflight_s - total_seconds(self.steps, self.paces))

    @property
    def preflight_s(self) -> float:
        """About how many seconds it takes to start every stack once."""
        return preflight_seconds({name: self.paces[name] for name in self.checked if name in self.paces})

    @property
    def search_s(self) -> float:
        """About how many seconds the searches of the suite take; 0 without any."""
        settings = self.suite.search
        if settings is None or self.suite.is_planned:
            return 0.0
        if isinstance(settings, TuneSettings):
            return max(0.0, settings.budget_s - self.preflight_s)
        return sum(
            search_seconds(settings, scenario, pace)
            for pace in self.paces.values()
            for scenario in self.suite.scenarios
        )

    @property
    def checked(self) -> tuple[str, ...]:
        """The stacks that are started once before anything is measured.

        Of an ablation's arms two are enough: everything off and everything on have every value of every switch. Of a
        tuning it is the current command, as a candidate that does not start is only one candidate less. Of a
        scaling it is every stack on the most cores.
        """
        if isinstance(self.suite.search, AblationSettings):
            return (ALL_OFF, ALL_ON)
        if isinstance(self.suite.search, TuneSettings):
            return (self.baseline,)
        if isinstance(self.suite.search, ScalingSettings):
            arms = self.suite.search
            return tuple(arms.arms_of(stack)[-1].name for stack in arms.stacks)
        return tuple(name for name in self.stacks if not is_twin(name))

    def steps_left(self, run: Run) -> tuple[AnyStep, ...]:
        """Return the steps of all blocks of ``run`` without the trials that it holds already."""
        # The suite of the run is for its readers: without the secrets that requests need.
        steps = interleaved(self.suite.with_blocks(run.suite.blocks), self.stacks, self.seed)
        return remaining(steps, run.done(), run.measured_alone())

    def awaits_pilot(self, run: Run) -> bool:
        """Return whether the blocks of ``run`` are a pilot's, which more may follow."""
        is_fixed = run.suite.blocks != self.suite.blocks
        return run.suite.precision is not None and not is_fixed and run.suite.most_blocks > run.suite.blocks

    def seconds_left(self, run: Run) -> float:
        """Return about how many seconds the steps that are left take, or the searches."""
        return sum(self.seconds_left_by_stack(run).values())

    def seconds_left_by_stack(self, run: Run) -> dict[str, float]:
        """Return about how many seconds the steps that are left take, by stack; all searches are one, ``""``."""
        return self.seconds_of(self.steps_left(run)) if self.suite.is_planned else {"": self.search_s}

    def seconds_of(self, steps: Iterable[AnyStep]) -> dict[str, float]:
        """Return about how many seconds steps take, by stack; where stacks run at once, all are one, ``""``."""
        if self.suite.alternates:
            return {"": total_seconds(steps, self.paces)}
        return seconds_by_stack(steps, self.paces)
