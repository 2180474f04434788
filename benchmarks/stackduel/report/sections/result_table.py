"""The table of a scenario: a row a stack, with all that was measured."""

from __future__ import annotations

from stackduel.analysis.result_rows import ResultRow, ResultTable
from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import LatencySummary
from stackduel.model.suite import Metric
from stackduel.report.sections.blocks import Grid, Legend, Meaning
from stackduel.report.sections.figures import DASH, figure, speedup_text, verdict_text

NAMES = ("stack", "tier")
_GPU = ("GPU %", "GPU MiB", "GPU W")
_SHARED = ("p50", "p95", "p99", "victim", "fail", "CPU", "MiB", *_GPU, "speedup", "verdict", "binds")
FIGURES: dict[Metric, tuple[str, ...]] = {"rate": ("req/s", *_SHARED), "time": ("time", *_SHARED)}
WORDS = frozenset({*NAMES, "verdict", "binds"})
# Speedup and verdict stay in the narrowest terminal.
_LEAST_NEEDED = ("MiB", "GPU W", "GPU MiB", "GPU %", "p95", "tier", "p50", "victim", "CPU", "binds", "p99")
LEGEND = Legend(
    (*FIGURES["time"], "req/s"),
    (
        Meaning(
            "time, p50, p95, p99",
            "milliseconds (a percentile of too few requests is not shown)",
            frozenset({"time", "p50", "p95", "p99"}),
        ),
        Meaning("victim", "p99 of an endpoint asked beside the load", frozenset({"victim"})),
        Meaning("CPU", "server CPU milliseconds a request", frozenset({"CPU"})),
        Meaning("MiB", "peak memory", frozenset({"MiB"})),
        Meaning(
            "GPU %, MiB, W",
            "the busiest device's mean utilisation, peak memory and mean power of all, where NVML reports them",
            frozenset(_GPU),
        ),
        Meaning("Speedup", "over the baseline, above 1 is better, with its interval", frozenset({"speedup"})),
        Meaning("binds", "limited by this ceiling, which was reached", frozenset({"binds"})),
    ),
)


def grid(table: ResultTable, baseline: str) -> Grid:
    """Return a scenario's table, without the columns of figures that no stack has."""
    headings = (*NAMES, *FIGURES[table.metric])
    rows = [_cells(row, table.metric, baseline) for row in table.rows]
    kept = [place for place in range(len(headings)) if any(row[place] != DASH for row in rows)]
    # A column of zeros is needed less than the figure itself; one with failed requests is needed more.
    last = ("req/s", "time") if any(row.failed for row in table.rows) else ("fail", "req/s", "time")
    return Grid(
        f"All stacks in {table.scenario.name}",
        tuple(headings[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in rows),
        WORDS,
        least_needed=(*_LEAST_NEEDED, *last),
    )


def _cells(row: ResultRow, metric: Metric, baseline: str) -> tuple[str, ...]:
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
        # A verdict on the baseline's twin would be one on the host.
        DASH if compared is None or is_twin(row.stack) else verdict_text(compared.verdict, noisy=compared.noisy),
        row.binds or DASH,
    )


def _whole(value: float | None) -> str:
    return DASH if value is None else f"{value:.0f}"


def victim_text(victim: LatencySummary) -> str:
    """Return the victim's p99, or the highest percentile below it that enough requests were measured for."""
    for name in ("p95", "p50"):
        if victim.p99 is None and (known := getattr(victim, name)) is not None:
            return f"{figure(known)} ({name})"
    return figure(victim.p99)
