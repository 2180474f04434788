"""The rows that every renderer shows: one table a scenario, one row a stack (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stackduel.analysis.result_rows import ResultRow, ResultTable
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import Comparison
from stackduel.model.histogram import LatencySummary
from stackduel.model.suite import Load, Metric, OpenLoop

DASH = "-"


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


def grid(table: ResultTable, baseline: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A table as texts: its headings and its rows, without the figures that no stack has."""
    headings = (*NAMES, *FIGURES[table.metric])
    rows = [_cells(row, table.metric, baseline) for row in table.rows]
    kept = [place for place in range(len(headings)) if any(row[place] != DASH for row in rows)]
    return tuple(headings[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows)


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


def verdict_text(row: ResultRow) -> str:
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
