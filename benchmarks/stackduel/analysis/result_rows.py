"""The rows of a run's tables: one table a scenario, one row a stack."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.pairs import lower_bounds
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.analysis.stream_rows import StreamRow, stream_row
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.prices import RequestCost
from stackduel.model.run import Run
from stackduel.model.suite import Metric, Scenario
from stackduel.model.trial import Trial


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One stack in one scenario over all its blocks: medians of the blocks, percentiles of all requests together.

    ``at_least`` says that the generator could not saturate the stack, so that its true rate is at least ``rate_rps``.
    ``figure`` is what is compared, and None where that is a rate. Percentiles are of trials that count alone.
    """

    stack: str
    tier: str
    rate_rps: float
    time_ms: float | None
    figure: float | None
    latency: LatencySummary
    succeeded: int
    failed: int
    resent: int
    cpu_ms_per_request: float | None
    memory_peak_mib: float | None
    gpu_utilisation: float | None
    gpu_memory_mib: float | None
    gpu_power_w: float | None
    victim: LatencySummary
    comparison: Comparison | None
    binds: str | None
    at_least: bool = False
    cost: RequestCost | None = None
    streams: StreamRow | None = None


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A scenario's rows in the order of the suite's stacks, and why some stacks have none."""

    scenario: Scenario
    metric: Metric
    rows: tuple[ResultRow, ...]
    failures: tuple[tuple[str, str], ...]


def tables(run: Run) -> tuple[ResultTable, ...]:
    """Return a table for each scenario of the run but for the controls of others."""
    return tuple(_table(run, scenario) for scenario in run.suite.compared)


def _table(run: Run, scenario: Scenario) -> ResultTable:
    rows, failures = [], []
    for stack, facts in run.stacks.items():
        trials = run.trials(scenario.name, stack)
        bounds = lower_bounds(run.attempts(scenario.name, stack))
        if trials or bounds:
            comparison = next(
                (one for one in run.comparisons if (one.scenario, one.candidate) == (scenario.name, stack)), None
            )
            limit = next((one for one in run.limits if (one.scenario, one.stack) == (scenario.name, stack)), None)
            cost = next((one for one in run.costs if (one.scenario, one.stack) == (scenario.name, stack)), None)
            row = _row(stack, facts.tier, trials, bounds, comparison, limit)
            rows.append(replace(row, cost=cost))
        reasons = [each.reason for each in run.failures(scenario.name, stack)]
        failures += [(stack, reason) for reason in dict.fromkeys(reasons)]
    return ResultTable(scenario, scenario.metric, tuple(rows), tuple(failures))


def _row(
    stack: str,
    tier: str,
    trials: Sequence[Trial],
    bounds: Sequence[Trial],
    comparison: Comparison | None,
    limit: Limit | None,
) -> ResultRow:
    every = (*trials, *bounds)
    victims = [trial.measurement.victim for trial in trials if trial.measurement.victim]
    return ResultRow(
        stack=stack,
        tier=tier,
        rate_rps=statistics.median(trial.rate_rps for trial in every),
        time_ms=median_of_known(trial.time_ms for trial in trials),
        figure=median_of_known(trial.figure for trial in trials if trial.metric != "rate"),
        latency=summarise(Histogram.sum(trial.measurement.latency for trial in trials)),
        succeeded=sum(trial.measurement.succeeded for trial in every),
        failed=sum(trial.measurement.failed for trial in every),
        resent=sum(trial.measurement.resent for trial in every),
        cpu_ms_per_request=median_of_known(trial.cpu_ms_per_request for trial in every),
        memory_peak_mib=max((trial.cost.memory_peak_mib for trial in every if trial.cost), default=None),
        gpu_utilisation=median_of_known(trial.gpu.utilisation_mean for trial in trials if trial.gpu),
        gpu_memory_mib=_most(trial.gpu.memory_peak_mib for trial in trials if trial.gpu),
        gpu_power_w=median_of_known(trial.gpu.power_mean_w for trial in trials if trial.gpu),
        victim=summarise(Histogram.sum(each.latency for each in victims)),
        comparison=comparison,
        binds="generator" if bounds else limit.binds if limit else None,
        at_least=bool(bounds),
        streams=stream_row(trials),
    )


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
