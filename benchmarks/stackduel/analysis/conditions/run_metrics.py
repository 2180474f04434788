"""The metrics of a run for its conditions: the values of its tables, with the intervals of their blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.conditions.block_values import bounded
from stackduel.analysis.conditions.metrics import OF_A_RUN, Dimension, MetricKind, MetricValue, Missing
from stackduel.analysis.conditions.scope import MetricScope
from stackduel.analysis.conditions.search_metrics import kinds_of
from stackduel.analysis.conditions.stream_values import stream_value
from stackduel.analysis.result_rows import ResultRow, tables
from stackduel.analysis.slo import QUANTILES
from stackduel.model.aa_pair import is_twin
from stackduel.model.ablation_settings import ALL_OFF, ALL_ON, AblationSettings
from stackduel.model.comparison import Comparison
from stackduel.model.histogram import Histogram, fewest_for, summarise
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.suite import Suite
from stackduel.model.trial import Trial
from stackduel.model.tune_settings import TuneSettings

_ELSEWHERE = "unknown: the stack runs elsewhere, or gave no correct answer"


def scope_of(
    suite: Suite, tiers: Mapping[str, str], baseline: str, metrics: Mapping[str, MetricKind] = OF_A_RUN
) -> MetricScope:
    """Return what conditions may name in a run of the suite on stacks of these tiers."""
    if isinstance(suite.search, AblationSettings):
        tiers = {name: tiers[name] for name in (ALL_OFF, ALL_ON) if name in tiers}
    if isinstance(suite.search, TuneSettings):
        # Its result is one of all candidates together, beside the current command.
        tiers = {baseline: tiers[baseline]}
    if isinstance(suite.search, ScalingSettings):
        search = suite.search
        tiers = {stack: tiers[search.arms_of(stack)[0].name] for stack in search.stacks}
        baseline = next(arm.stack for arm in search.arms if arm.name == baseline)
    return MetricScope(
        metrics=kinds_of(suite.search.mode) if suite.search else metrics,
        stacks=tuple(tiers),
        scenarios=tuple(scenario.name for scenario in suite.compared),
        baseline=baseline,
        streams=() if suite.search else suite.stream_scenarios,
        usual=tuple(name for name, tier in tiers.items() if tier != CONTROL and not is_twin(name)),
    )


@dataclass(frozen=True)
class RunMetrics:
    """The metrics of one run."""

    run: Run

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        """Return a metric of a stack in a scenario, as the table shows it."""
        if name == "speedup":
            return self._speedup(stack, scenario)
        if name == "sla":
            return self._sla(stack, scenario)
        if name == "void":
            return MetricValue(len(self._void(stack, scenario)))
        failures = self.run.failures(scenario, stack)
        if name == "failures":
            return MetricValue(len(failures))
        row = self._rows.get((stack, scenario))
        if row is None:
            why = failures[0].reason.partition("\n")[0] if failures else "no trial is valid"
            return Missing(f"not measured: {why}")
        trials = self.run.trials(scenario, stack)
        of_streams = OF_A_RUN[name].of_streams
        return stream_value(name, trials, dimension) if of_streams else self._of_row(name, row, trials, dimension)

    def _of_row(
        self, name: str, row: ResultRow, trials: Sequence[Trial], dimension: Dimension
    ) -> MetricValue | Missing:
        match name:
            case "rate" if row.at_least:
                return MetricValue(row.rate_rps, row.rate_rps, math.inf)
            case "rate":
                return bounded(row.rate_rps, [trial.rate_rps for trial in trials])
            case "cpu":
                blocks = [trial.cpu_ms_per_request for trial in trials]
                return (
                    Missing(_ELSEWHERE) if row.cpu_ms_per_request is None else bounded(row.cpu_ms_per_request, blocks)
                )
            case "memory":
                return Missing(_ELSEWHERE) if row.memory_peak_mib is None else MetricValue(row.memory_peak_mib)
            case "errors" | "resent":
                requests, counted = row.succeeded + row.failed, row.failed if name == "errors" else row.resent
                return MetricValue(counted / requests if dimension == "share" else counted)
        return self._latency(name, row, trials)

    def _latency(self, name: str, row: ResultRow, trials: Sequence[Trial]) -> MetricValue | Missing:
        latency: float | None = getattr(row.latency, name)
        if latency is None:
            return Missing(f"{row.succeeded:,} correct answers are too few{_needed(name)}")
        return bounded(latency, [_latency(name)(trial.measurement.latency) for trial in trials])

    def _speedup(self, stack: str, scenario: str) -> MetricValue | Missing:
        for each in self.run.comparisons:
            if (each.candidate, each.scenario) == (stack, scenario):
                return speedup_value(each)
        return Missing("no block has a valid trial of both this stack and the baseline")

    def _sla(self, stack: str, scenario: str) -> MetricValue | Missing:
        """Return the number of broken bounds; missing where one of them is unknown, as it may be broken too."""
        slas = [each for each in self.run.slas if (each.stack, each.scenario) == (stack, scenario)]
        unknown = [each for each in slas if each.ok is None]
        if unknown:
            return Missing(f"{unknown[0].name}: {unknown[0].reason}")
        promised = any(each.name == scenario and each.sla for each in self.run.suite.scenarios)
        if promised and not slas:
            return Missing("not measured: no trial is valid")
        return MetricValue(sum(each.ok is False for each in slas))

    def _void(self, stack: str, scenario: str) -> set[int]:
        """Return the blocks in which every attempt was void."""
        here = [each for each in self.run.results if (each.place.stack, each.place.scenario) == (stack, scenario)]
        void = {each.place.block for each in here if each.state == "void"}
        return void - {each.place.block for each in here if each.state != "void"}

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], ResultRow]:
        return {(row.stack, table.scenario.name): row for table in tables(self.run) for row in table.rows}


def speedup_value(compared: Comparison) -> MetricValue:
    """Return a speedup with its interval; where only its side or one bound is known, with an interval open at one end.

    What has no interval on a noisy host decides nothing.
    """
    if compared.size == "uncertain":
        low, high = (1.0, math.inf) if compared.verdict == "faster" else (0.0, 1.0)
        return MetricValue(compared.speedup, low, high, words=f"{compared.verdict}, its size is uncertain")
    if compared.size == "at_least":
        low, high = compared.low or 0.0, math.inf if compared.high is None else compared.high
        return MetricValue(compared.low or compared.high or compared.speedup, low, high, compared.noisy)
    return MetricValue(compared.speedup, compared.low, compared.high, compared.noisy)


def _latency(name: str) -> Callable[[Histogram], float | None]:
    def value(latency: Histogram) -> float | None:
        figure: float | None = getattr(summarise(latency), name)
        return figure

    return value


def _needed(name: str) -> str:
    return f" ({fewest_for(QUANTILES[name]):,} are needed)" if name in QUANTILES else ""
