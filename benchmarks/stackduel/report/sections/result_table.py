"""The rows that every renderer shows: one table a scenario, one row a stack (pure)."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.run import Run
from stackduel.model.suite import Load, Metric, OpenLoop, Scenario
from stackduel.model.trial import Comparison, Failure, Limit, Trial

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
    gpu_utilisation: float | None
    gpu_memory_mib: float | None
    gpu_power_w: float | None
    victim: LatencySummary
    comparison: Comparison | None
    binds: str | None


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
            limit = next((one for one in run.limits if (one.scenario, one.stack) == (scenario.name, stack)), None)
            rows.append(_row(stack, str(about["tier"]), trials, comparison, limit))
        reasons = [each.reason for each in here if isinstance(each, Failure)]
        failures += [(stack, reason) for reason in dict.fromkeys(reasons)]
    return Table(scenario, scenario.load.metric, tuple(rows), tuple(failures))


def _row(stack: str, tier: str, trials: Sequence[Trial], comparison: Comparison | None, limit: Limit | None) -> Row:
    return Row(
        stack=stack,
        tier=tier,
        rate_rps=statistics.median(trial.rate_rps for trial in trials),
        time_ms=_median(trial.time_ms for trial in trials),
        latency=summarise(_together(trial.measurement.latency for trial in trials)),
        succeeded=sum(trial.measurement.succeeded for trial in trials),
        failed=sum(trial.measurement.failed for trial in trials),
        cpu_ms_per_request=_median(trial.cpu_ms_per_request for trial in trials),
        memory_peak_mib=max((trial.cost.memory_peak_mib for trial in trials if trial.cost), default=None),
        gpu_utilisation=_median(trial.gpu.utilisation_mean for trial in trials if trial.gpu),
        gpu_memory_mib=_most(trial.gpu.memory_peak_mib for trial in trials if trial.gpu),
        gpu_power_w=_median(trial.gpu.power_mean_w for trial in trials if trial.gpu),
        victim=summarise(_together(trial.measurement.victim.latency for trial in trials if trial.measurement.victim)),
        comparison=comparison,
        binds=limit.binds if limit else None,
    )


def _together(latencies: Iterable[Histogram]) -> Histogram:
    return reduce(Histogram.merge, latencies, Histogram.empty())


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


NAMES = ("stack", "tier")
_GPU = ("GPU %", "GPU MiB", "GPU W")
_SHARED = ("p50", "p95", "p99", "victim", "fail", "CPU", "MiB", *_GPU, "speedup", "verdict", "binds")
FIGURES: Mapping[Metric, tuple[str, ...]] = {"rate": ("req/s", *_SHARED), "time": ("time", *_SHARED)}
# Headings of words, which stand on the left of their column.
WORDS = frozenset({*NAMES, "verdict", "binds"})
# What is said of the headings together, what they are, and which of them they are.
_MEANINGS: Sequence[tuple[str, str, frozenset[str]]] = (
    (
        "time, p50, p95, p99",
        "milliseconds (a percentile of too few requests is not shown)",
        frozenset({"time", "p50", "p95", "p99"}),
    ),
    ("victim", "p99 of an endpoint asked beside the load", frozenset({"victim"})),
    ("CPU", "server CPU milliseconds a request", frozenset({"CPU"})),
    ("MiB", "peak memory", frozenset({"MiB"})),
    (
        "GPU %, MiB, W",
        "the busiest device's mean utilisation, peak memory and mean power of all, where NVML tells",
        frozenset(_GPU),
    ),
    ("Speedup", "over the baseline, above 1 is better, with its interval", frozenset({"speedup"})),
    ("binds", "the ceiling that was reached", frozenset({"binds"})),
)
LEGEND = " ".join(f"{names}: {meaning}." for names, meaning, _ in _MEANINGS)


def legend(shown: Collection[str]) -> str:
    """What stands in the columns of these headings, and in no others."""
    told = []
    for names, meaning, headings in _MEANINGS:
        here = [name for name in (*FIGURES["time"], "req/s") if name in headings and name in shown]
        if here:
            told.append(f"{names if headings.issubset(shown) else ', '.join(here)}: {meaning}.")
    return " ".join(told)


def latency_kind(load: Load) -> str:
    """What the latencies of a load are, in a few words."""
    return "latency from the intended time" if isinstance(load, OpenLoop) else "service time"


def grid(table: Table, baseline: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A table as texts: its headings and its rows, without the figures that no stack has."""
    headings = (*NAMES, *FIGURES[table.metric])
    rows = [_cells(row, table.metric, baseline) for row in table.rows]
    kept = [place for place in range(len(headings)) if any(row[place] != DASH for row in rows)]
    return tuple(headings[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows)


def _cells(row: Row, metric: Metric, baseline: str) -> tuple[str, ...]:
    latency, compared = row.latency, row.comparison
    return (
        row.stack,
        row.tier,
        figure(row.rate_rps) if metric == "rate" else figure(row.time_ms),
        figure(latency.p50),
        figure(latency.p95),
        figure(latency.p99),
        victim_text(row.victim),
        str(row.failed),
        figure(row.cpu_ms_per_request),
        _whole(row.memory_peak_mib),
        _whole(row.gpu_utilisation),
        _whole(row.gpu_memory_mib),
        _whole(row.gpu_power_w),
        "1" if row.stack == baseline else speedup_text(compared),
        verdict_text(row),
        row.binds or DASH,
    )


def _whole(value: float | None) -> str:
    return DASH if value is None else f"{value:.0f}"


def victim_text(victim: LatencySummary) -> str:
    """The victim's p99, or the highest percentile below it that it was asked often enough to tell."""
    for name in ("p95", "p50"):
        if victim.p99 is None and (known := getattr(victim, name)) is not None:
            return f"{figure(known)} ({name})"
    return figure(victim.p99)


def verdict_text(row: Row) -> str:
    """The word on a stack; that of the baseline's twin would be one on the host."""
    compared = row.comparison
    if compared is None or compared.verdict == "not tested" or is_twin(row.stack):
        return DASH
    return compared.verdict + (" (noisy)" if compared.noisy else "")


def speedup_text(comparison: Comparison | None) -> str:
    """A speedup with its interval where there is one."""
    if comparison is None:
        return DASH
    text = f"{figure(comparison.speedup)}x"
    if comparison.low is not None and comparison.high is not None:
        text += f" ({figure(comparison.low)}-{figure(comparison.high)})"
    return text


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def figure(value: float | None) -> str:
    """A number with three significant digits, thousands in full, or a dash."""
    if value is None:
        return DASH
    # Where rounding makes a digit more: 9.996 is 10.0.
    if value >= 99.95:
        return f"{value:,.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"
