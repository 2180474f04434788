"""The table of a scenario: a row a stack, with all that was measured."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stackduel.analysis.result_rows import ResultRow, ResultTable
from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import LatencySummary, percentile_ms
from stackduel.model.suite import Metric
from stackduel.report.sections.blocks import Grid, Legend, Meaning
from stackduel.report.sections.figures import DASH, comparison_word, cost_interval_text, figure, speedup_text

NAMES = ("stack", "tier")
_GPU = ("GPU %", "GPU MiB", "GPU W")
_USE = ("CPU", "MiB", *_GPU, "cost/M")
_SHARED = ("p50", "p95", "p99", "victim", "fail", "resent", *_USE, "speedup", "verdict", "binds")
_OF_STREAMS = ("events/s", "victim", "fail", "resent", "MiB", *_GPU, "speedup", "verdict", "binds")
FIGURES: dict[Metric, tuple[str, ...]] = {
    "rate": ("req/s", *_SHARED),
    "time": ("time", *_SHARED),
    "event_cpu": ("us/event", "event p99", *_OF_STREAMS),
    "event_delay": ("event p99", "us/event", *_OF_STREAMS),
}
ORDER = tuple(dict.fromkeys(("time", *FIGURES["rate"][:1], "us/event", "event p99", "events/s", *FIGURES["rate"])))
WORDS = frozenset({*NAMES, "verdict", "binds"})
_LEAST_NEEDED = ("MiB", "GPU W", "GPU MiB", "GPU %", "p95", "tier", "p50", "victim", "CPU", "p99", "resent")
# A stack's figure, its speedup, the verdict and what limits it stay in a terminal of 80 columns.
_LAST_LEFT_OUT = ("binds", "cost/M", "req/s", "time", "events/s", "us/event", "event p99", "fail")
COST_MEANING = Meaning(
    "cost/M",
    "of a million right answers, at the given prices of CPU time and memory, with its own interval of 95 %",
    frozenset({"cost/M"}),
)
MEANINGS = (
    Meaning(
        "time, p50, p95, p99",
        "milliseconds (a percentile of too few requests is not shown)",
        frozenset({"time", "p50", "p95", "p99"}),
    ),
    Meaning("us/event", "server CPU microseconds an event, at the rate of events/s", frozenset({"us/event"})),
    Meaning("event p99", "milliseconds from due to read of 99 % of the events at most", frozenset({"event p99"})),
    Meaning("victim", "p99 of an endpoint asked beside the load", frozenset({"victim"})),
    Meaning("fail", "requests without a right answer", frozenset({"fail"})),
    Meaning("resent", "requests sent again, as the server had closed their idle connections", frozenset({"resent"})),
    Meaning("CPU", "server CPU milliseconds a request", frozenset({"CPU"})),
    Meaning("MiB", "peak memory", frozenset({"MiB"})),
    Meaning(
        "GPU %, MiB, W",
        "the busiest device's mean utilisation, peak memory and mean power of all, where NVML reports them",
        frozenset(_GPU),
    ),
    COST_MEANING,
    Meaning(
        "speedup",
        "over the baseline, above 1 is better, with its interval; paired block by block, so not exactly the quotient "
        "of the figures shown",
        frozenset({"speedup"}),
    ),
    Meaning("binds", "limited by this ceiling, which was reached", frozenset({"binds"})),
)


def legend(grids: Sequence[Grid], explained: Collection[str] = ()) -> Legend:
    """Return what the columns of these tables hold, but for those that are ``explained`` already."""
    present = {heading for each in grids for heading in each.headings}.difference(explained)
    return Legend(tuple(name for name in ORDER if name in present), MEANINGS)


def grid(table: ResultTable, baseline: str) -> Grid:
    """Return a scenario's table, without the columns of figures that no stack has."""
    return Grid(
        f"All stacks in {table.scenario.name}",
        (*NAMES, *FIGURES[table.metric]),
        tuple(_cells(row, table.metric, baseline) for row in table.rows),
        WORDS,
        least_needed=_LEAST_NEEDED,
        last_left_out=_LAST_LEFT_OUT,
    ).without_empty_columns()


def _cells(row: ResultRow, metric: Metric, baseline: str) -> tuple[str, ...]:
    latency, compared, streams = row.latency, row.comparison, row.streams
    cells = {
        "req/s": rate_text(row),
        "time": figure(row.time_ms),
        "us/event": figure(streams.cpu_us.point) if streams and streams.cpu_us else DASH,
        "event p99": figure(percentile_ms(streams.figures.added, 0.99)) if streams else DASH,
        "events/s": figure(streams.events_per_s) if streams else DASH,
        "p50": figure(latency.p50),
        "p95": figure(latency.p95),
        "p99": figure(latency.p99),
        "victim": victim_text(row.victim),
        "fail": str(row.failed),
        "resent": str(row.resent) if row.resent else DASH,
        "CPU": figure(row.cpu_ms_per_request),
        "MiB": _whole(row.memory_peak_mib),
        "GPU %": _whole(row.gpu_utilisation),
        "GPU MiB": _whole(row.gpu_memory_mib),
        "GPU W": _whole(row.gpu_power_w),
        "cost/M": cost_interval_text(row.cost),
        "speedup": "1" if row.stack == baseline else speedup_text(compared),
        # A verdict on the baseline's twin would be one on the host.
        "verdict": DASH if compared is None or is_twin(row.stack) else comparison_word(compared),
        "binds": row.binds or DASH,
    }
    return (row.stack, row.tier, *(cells[heading] for heading in FIGURES[metric]))


def rate_text(row: ResultRow) -> str:
    """Return the rate, as a lower bound where the generator could not saturate the stack."""
    return f">= {figure(row.rate_rps)}" if row.at_least else figure(row.rate_rps)


def _whole(value: float | None) -> str:
    return DASH if value is None else f"{value:.0f}"


def victim_text(victim: LatencySummary) -> str:
    """Return the victim's p99, or the highest percentile below it that enough requests were measured for."""
    for name in ("p95", "p50"):
        if victim.p99 is None and (known := getattr(victim, name)) is not None:
            return f"{figure(known)} ({name})"
    return figure(victim.p99)
