"""Every trial of a run as a row for spreadsheets and data frames: trials.csv; and every round of what has no trials."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from stackduel.analysis.request_costs import cost_per_million
from stackduel.analysis.stream_metrics import TIMES, events_per_s
from stackduel.analysis.trial_gates import is_lower_bound
from stackduel.model.aa_pair import is_twin
from stackduel.model.prices import Prices
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.model.visible_text import visible
from stackduel.report.round_rows import ROUND_COLUMNS, round_rows
from stackduel.report.sections.figures import comparison_word
from stackduel.storage.run_document import redaction_of
from stackduel.storage.trial_document import result_to_dict

Document = Mapping[str, Any]

# What makes a cell a formula for a spreadsheet, in their full-width forms, too (OWASP, CSV injection). Tabs and line
# breaks, which do so as well, no cell has.
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - these very characters


def render(run: Run) -> str:
    """Return the trials in the order of measurement, failed and void ones too; a cell is empty if it was not measured.

    The rounds of searches without trials follow. Each is one line. Texts that a spreadsheet would take for a formula
    begin with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(run))
    return out.getvalue()


def _rows(run: Run) -> Iterator[list[str]]:
    redaction = redaction_of(run)
    about = {"run": run.run_id, "started": run.started, "suite": run.suite.name}
    verdicts = {
        (each.scenario, each.candidate): comparison_word(each)
        for each in run.comparisons
        if each.verdict != "not tested" and not is_twin(each.candidate)
    }
    for result in run.results:
        bound = isinstance(result, Trial) and is_lower_bound(result)
        place = {
            **about,
            "tier": run.stacks[result.place.stack].tier,
            "rate_is": None if isinstance(result, Failure) else "at least" if bound else "measured",
            "cost_per_million": _cost(result, run.suite.prices),
            "cpu_us_per_event": result.cpu_us_per_event if isinstance(result, Trial) else None,
            "events_per_s": events_per_s(result) if isinstance(result, Trial) else None,
            "verdict": verdicts.get((result.place.scenario, result.place.stack)),
        }
        shown = {**place, **redaction.document(result_to_dict(result))}
        yield [_cell(value(shown)) for value in COLUMNS.values()]
    yield from _round_rows(run, about)


def _round_rows(run: Run, about: Document) -> Iterator[list[str]]:
    for finding in run.findings:
        for row in round_rows(finding.found):
            place = Place(finding.stack, finding.scenario, row["block"])
            nothing = {**dict.fromkeys(COLUMNS), **result_to_dict(Failure(place, "")), "reason": None}
            shown = {**nothing, **about, "tier": run.stacks[finding.stack].tier, "state": "ok", **row}
            yield [_cell(value(shown)) for value in COLUMNS.values()]


def _cost(result: Result, prices: Prices | None) -> float | None:
    return cost_per_million(result, prices) if isinstance(result, Trial) and prices is not None else None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = " ".join(visible(value).split())
    return f"'{text}" if text.startswith(_FORMULA) else text


def _key(*path: str) -> Callable[[Document], Any]:
    """Return a function that reads the value at a path of a trial's document; None if there is none."""

    def value(trial: Document) -> Any:
        value: Any = trial
        for name in path:
            value = value[name] if value is not None else None
        return value

    return value


def _span(span: str, name: str) -> Callable[[Document], Any]:
    """Return a function that reads a figure of a Server-Timing span; None if the answers lack it."""

    def value(trial: Document) -> Any:
        return ((trial["spans_ms"] or {}).get(span) or {}).get(name)

    return value


def _streams(*path: str) -> Callable[[Document], Any]:
    """Return a function that reads a figure of a trial's streams; None if it has none."""
    return _key("streams", *path)


def _cut_short(trial: Document) -> int | None:
    streams = trial["streams"]
    return None if streams is None else sum(streams["cut_short"].values())


def _cut_after(end: Callable[[Iterable[int]], int]) -> Callable[[Document], Any]:
    """Return a function that reads after how many events the first or the last of the cut streams ended."""

    def value(trial: Document) -> Any:
        streams = trial["streams"]
        return end(map(int, streams["cut_short"])) if streams and streams["cut_short"] else None

    return value


def _of_round(name: str) -> Callable[[Document], Any]:
    """Return a function that reads a figure of a round; None of a trial, and where the round has none."""
    return lambda row: row.get(name)


def _failed_gates(trial: Document) -> str:
    return " ".join(gate["name"] for gate in trial["gates"] if not gate["ok"])


def _outcomes(trial: Document) -> str | None:
    counts = trial["outcomes"]
    return None if counts is None else " ".join(f"{name}={count}" for name, count in counts.items())


_LATENCIES = ("mean", "min", "p50", "p90", "p95", "p99", "p999", "max")
# Their order is a contract: a new one goes to the end.
COLUMNS: Mapping[str, Callable[[Document], Any]] = {
    **{
        name: _key(name)
        for name in (
            "run", "started", "suite", "scenario", "stack", "tier", "block", "attempt", "state", "reason", "metric",
            "requests", "succeeded", "failed", "cut_off", "scheduled", "completed", "reconnects", "resent",
        )
    },
    "outcomes": _outcomes,
    **{name: _key(name) for name in ("duration_s", "rate_rps", "time_ms")},
    **{f"latency_{name}_ms": _key("latency_ms", name) for name in _LATENCIES},
    "service_p50_ms": _key("service_ms", "p50"),
    "service_p99_ms": _key("service_ms", "p99"),
    "lateness_p99_ms": _key("lateness_ms", "p99"),
    "first_byte_p50_ms": _key("first_byte_ms", "p50"),
    "first_byte_p99_ms": _key("first_byte_ms", "p99"),
    "victim_p99_ms": _key("victim_ms", "p99"),
    **{name: _key(name) for name in ("in_flight_mean", "cpu_s", "cpu_ms_per_request", "memory_peak_mib")},
    "steal": _key("noise", "steal"),
    "foreign_cpu": _key("noise", "foreign_cpu"),
    "throttled_s": _key("noise", "throttled_s"),
    "generator_busiest": _key("generator", "busiest"),
    **{name: _key(name) for name in ("downstream_cpu_s", "proxy_cpu_s", "null_rate_rps")},
    "failed_gates": _failed_gates,
    **{f"{name}_mean_ms": _span(name, "mean") for name in ("pre", "queue", "infer", "post")},
    "infer_p99_ms": _span("infer", "p99"),
    "gpu_utilisation_mean": _key("gpu", "utilisation_mean"),
    "gpu_memory_peak_mib": _key("gpu", "memory_peak_mib"),
    "gpu_power_mean_w": _key("gpu", "power_mean_w"),
    "server_taken": _key("noise", "server_taken"),
    **{name: _key(name) for name in ("rate_is", "verdict", "cost_per_million")},
    **{
        f"{word}_{quantile}_ms": _streams(f"{key}_ms", quantile)
        for word, key in TIMES.items()
        for quantile in ("p50", "p99", "p999")
    },
    "cpu_us_per_event": _key("cpu_us_per_event"),
    "events_per_s": _key("events_per_s"),
    **{f"streams_{name}": _streams(name) for name in ("opened", "completed")},
    "streams_cut_short": _cut_short,
    **{
        name: _streams(name)
        for name in ("events", "merged", "stalls", "missing", "doubled", "out_of_order", "wrong", "early", "heartbeats")
    },
    "worker_timeouts": _key("worker_timeouts"),
    "cut_after_least": _cut_after(min),
    "cut_after_most": _cut_after(max),
    **{name: _of_round(name) for name in ROUND_COLUMNS},
}  # fmt: skip
