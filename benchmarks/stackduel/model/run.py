"""A run: its settings, results and conclusions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from stackduel.model.advice import RunAdvice
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.crossover import CrossoverCurve
from stackduel.model.environment import Environment
from stackduel.model.findings import Finding
from stackduel.model.isolated import IsolatedMeasurement, IsolatedResult
from stackduel.model.plan_step import IsolatedStep
from stackduel.model.prices import RequestCost
from stackduel.model.run_options import RunOptions
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Suite
from stackduel.model.trial import Failure, Place, Result, Trial, counting_trials

Status = Literal["running", "complete", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run and the environment it was measured in.

    ``options`` are the settings that led to it, enough to go on with it; ``planned`` is the number of trials that its
    plan holds; ``delays`` compare the added delay of event streams where ``comparisons`` compare their CPU time;
    ``secrets`` are texts of the user's that no document may show.
    """

    run_id: str
    started: str
    command: tuple[str, ...]
    options: RunOptions
    seed: int
    environment: Environment
    suite: Suite
    baseline: str
    stacks: Mapping[str, StackFacts]
    planned: int
    status: Status = "running"
    results: tuple[Result, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    delays: tuple[Comparison, ...] = ()
    limits: tuple[Limit, ...] = ()
    curves: tuple[CrossoverCurve, ...] = ()
    advice: RunAdvice | None = None
    findings: tuple[Finding, ...] = ()
    isolated: tuple[IsolatedResult, ...] = ()
    ceiling_shares: tuple[CeilingShare, ...] = ()
    slas: tuple[ServiceLevelResult, ...] = ()
    costs: tuple[RequestCost, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def done(self) -> frozenset[Place]:
        """Return the places that have a measured trial, of any attempt."""
        return frozenset(replace(trial.place, attempt=1) for trial in counting_trials(self.results))

    @property
    def has_measured(self) -> bool:
        """Return whether the run holds any measured trial, any finding, or any model measured alone."""
        return bool(self.done() or self.findings or self.measured_alone())

    def trials(self, scenario: str, stack: str) -> list[Trial]:
        """Return the trials of a scenario on a stack that count."""
        return counting_trials(self.attempts(scenario, stack))

    def failures(self, scenario: str, stack: str) -> list[Failure]:
        """Return the failures to measure a scenario on a stack."""
        return [each for each in self.attempts(scenario, stack) if isinstance(each, Failure) and each.state == "failed"]

    def attempts(self, scenario: str, stack: str) -> Iterator[Result]:
        """Yield everything that was measured of a scenario on a stack, void trials and failures included."""
        return (each for each in self.results if (each.place.scenario, each.place.stack) == (scenario, stack))

    def plus(self, result: Result) -> Run:
        """Return the run with one more result, or with a new state of a trial that it already holds."""
        kept = tuple(each for each in self.results if each.place != result.place)
        return replace(self, results=(*kept, result))

    def measured_alone(self) -> frozenset[IsolatedStep]:
        """Return the models that were measured alone, with their blocks."""
        return frozenset(
            IsolatedStep(each.block, each.model) for each in self.isolated if isinstance(each, IsolatedMeasurement)
        )

    def with_alone(self, alone: IsolatedResult) -> Run:
        """Return the run with one more measurement of a model alone; it replaces that of the same block."""
        kept = (each for each in self.isolated if (each.model, each.block) != (alone.model, alone.block))
        return replace(self, isolated=(*kept, alone))

    def with_finding(self, finding: Finding) -> Run:
        """Return the run with the result of a search; it replaces an earlier result of the same search."""
        kept = (each for each in self.findings if (each.stack, each.scenario) != (finding.stack, finding.scenario))
        return replace(self, findings=(*kept, finding))
