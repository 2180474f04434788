"""The rows that every renderer shows: one table a scenario, one row a stack (pure)."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from benchmarks.histogram import LatencySummary, summarise
from benchmarks.record import Run
from benchmarks.suite import Metric, Scenario
from benchmarks.trial import Comparison, Failure, Trial

DASH = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One stack in one scenario over all its blocks: medians of the blocks, percentiles of all requests together."""

    stack: str
    tier: str
    rate_rps: float
    time_ms: float | None
    latency: LatencySummary
    succeeded: int
    failed: int
    cpu_ms_per_request: float | None
    memory_peak_mib: float | None
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Table:
    """A scenario's rows in the order of the suite's stacks, and why some stacks have none."""

    scenario: Scenario
    metric: Metric
    rows: tuple[Row, ...]
    failures: tuple[tuple[str, str], ...]


def tables(run: Run) -> tuple[Table, ...]:
    """A table for each scenario of the run."""
    return tuple(_table(run, scenario) for scenario in run.suite.scenarios)


def _table(run: Run, scenario: Scenario) -> Table:
    rows, failures = [], []
    for stack, about in run.stacks.items():
        here = [each for each in run.results if each.place.stack == stack and each.place.scenario == scenario.name]
        trials = [each for each in here if isinstance(each, Trial) and each.counts]
        if trials:
            comparison = next(
                (one for one in run.comparisons if (one.scenario, one.candidate) == (scenario.name, stack)), None
            )
            rows.append(_row(stack, str(about["tier"]), trials, comparison))
        reasons = [each.reason for each in here if isinstance(each, Failure)]
        failures += [(stack, reason) for reason in dict.fromkeys(reasons)]
    return Table(scenario, scenario.load.metric, tuple(rows), tuple(failures))


def _row(stack: str, tier: str, trials: Sequence[Trial], comparison: Comparison | None) -> Row:
    return Row(
        stack=stack,
        tier=tier,
        rate_rps=statistics.median(trial.rate_rps for trial in trials),
        time_ms=_median(trial.time_ms for trial in trials),
        latency=summarise(reduce(lambda one, other: one + other, (trial.measurement.latency for trial in trials))),
        succeeded=sum(trial.measurement.succeeded for trial in trials),
        failed=sum(trial.measurement.failed for trial in trials),
        cpu_ms_per_request=_median(trial.cpu_ms_per_request for trial in trials),
        memory_peak_mib=max((trial.cost.memory_peak_mib for trial in trials if trial.cost), default=None),
        comparison=comparison,
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


FIGURES = {
    "rate": ("req/s", "p50", "p95", "p99", "fail", "CPU", "MiB", "speedup"),
    "time": ("time", "p50", "p95", "p99", "fail", "CPU", "MiB", "speedup"),
}
NAMES = ("stack", "tier")
LEGEND = (
    "time, p50, p95, p99: milliseconds (service time, closed loop; a percentile of too few requests is not shown). "
    "CPU: server CPU milliseconds a request. MiB: peak memory. Speedup: over the baseline, above 1 is better."
)


def grid(table: Table, baseline: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A table as texts: its headings and its rows, without the figures that no stack has."""
    headings = (*NAMES, *FIGURES[table.metric])
    rows = [_cells(row, table.metric, baseline) for row in table.rows]
    kept = [place for place in range(len(headings)) if any(row[place] != DASH for row in rows)]
    return tuple(headings[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows)


def _cells(row: Row, metric: Metric, baseline: str) -> tuple[str, ...]:
    latency = row.latency
    return (
        row.stack,
        row.tier,
        figure(row.rate_rps) if metric == "rate" else figure(row.time_ms),
        figure(latency.p50),
        figure(latency.p95),
        figure(latency.p99),
        str(row.failed),
        figure(row.cpu_ms_per_request),
        DASH if row.memory_peak_mib is None else f"{row.memory_peak_mib:.0f}",
        "1" if row.stack == baseline else speedup_text(row.comparison),
    )


def speedup_text(comparison: Comparison | None) -> str:
    """A speedup with its interval where there is one."""
    if comparison is None:
        return DASH
    text = f"{figure(comparison.speedup)}x"
    if comparison.low is not None and comparison.high is not None:
        text += f" ({figure(comparison.low)}-{figure(comparison.high)})"
    return text


def figure(value: float | None) -> str:
    """A number with three significant digits, thousands in full, or a dash."""
    if value is None:
        return DASH
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"
