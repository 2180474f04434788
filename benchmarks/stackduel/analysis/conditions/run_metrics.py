"""The metrics of a run for its conditions: the values of its tables, with the intervals of their blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.conditions.metrics import OF_A_RUN, Dimension, MetricKind, MetricValue, Missing
from stackduel.analysis.conditions.scope import MetricScope
from stackduel.analysis.conditions.search_metrics import kinds_of
from stackduel.analysis.result_rows import ResultRow, tables
from stackduel.analysis.slo import QUANTILES
from stackduel.analysis.statistics.intervals import interval
from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import Histogram, fewest_for, summarise
from stackduel.model.run import Run
from stackduel.model.suite import Suite
from stackduel.model.trial import Failure, Trial

_ELSEWHERE = "unknown: the stack runs elsewhere, or gave no correct answer"


def scope_of(
    suite: Suite, tiers: Mapping[str, str], baseline: str, metrics: Mapping[str, MetricKind] = OF_A_RUN
) -> MetricScope:
    """Return what conditions may name in a run of the suite on stacks of these tiers."""
    return MetricScope(
        metrics=kinds_of(suite.search.mode) if suite.search else metrics,
        stacks=tuple(tiers),
        scenarios=tuple(scenario.name for scenario in suite.scenarios),
        baseline=baseline,
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
        return self._of_row(name, row, self.run.trials(scenario, stack), dimension)

    def _of_row(
        self, name: str, row: ResultRow, trials: Sequence[Trial], dimension: Dimension
    ) -> MetricValue | Missing:
        match name:
            case "rate":
                return bounded(row.rate_rps, [trial.rate_rps for trial in trials])
            case "cpu":
                blocks = [trial.cpu_ms_per_request for trial in trials]
                return (
                    Missing(_ELSEWHERE) if row.cpu_ms_per_request is None else bounded(row.cpu_ms_per_request, blocks)
                )
            case "memory":
                return Missing(_ELSEWHERE) if row.memory_peak_mib is None else MetricValue(row.memory_peak_mib)
            case "errors":
                requests = row.succeeded + row.failed
                return MetricValue(row.failed / requests if dimension == "share" else row.failed)
        return self._latency(name, row, trials)

    def _latency(self, name: str, row: ResultRow, trials: Sequence[Trial]) -> MetricValue | Missing:
        latency: float | None = getattr(row.latency, name)
        if latency is None:
            return Missing(f"{row.succeeded:,} correct answers are too few{_needed(name)}")
        return bounded(latency, [_latency(name)(trial.measurement.latency) for trial in trials])

    def _speedup(self, stack: str, scenario: str) -> MetricValue | Missing:
        for each in self.run.comparisons:
            if (each.candidate, each.scenario) == (stack, scenario):
                return MetricValue(each.speedup, each.low, each.high, each.noisy)
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
        void = {each.place.block for each in here if isinstance(each, Trial) and not each.counts}
        return void - {each.place.block for each in here if isinstance(each, Failure) or each.counts}

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], ResultRow]:
        return {(row.stack, table.scenario.name): row for table in tables(self.run) for row in table.rows}


def bounded(point: float, blocks: Iterable[float | None]) -> MetricValue:
    """Return the value of a table with the interval of its blocks, widened to contain the value.

    Student's t on the logarithms; no interval where a block has no value above 0, or there are too few blocks.
    """
    known = list(blocks)
    logs = [math.log(each) for each in known if each is not None and each > 0]
    bounds = interval(logs) if len(logs) == len(known) else None
    return MetricValue(point) if bounds is None else MetricValue(point, min(bounds.low, point), max(bounds.high, point))


def _latency(name: str) -> Callable[[Histogram], float | None]:
    def value(latency: Histogram) -> float | None:
        figure: float | None = getattr(summarise(latency), name)
        return figure

    return value


def _needed(name: str) -> str:
    return f" ({fewest_for(QUANTILES[name]):,} are needed)" if name in QUANTILES else ""
