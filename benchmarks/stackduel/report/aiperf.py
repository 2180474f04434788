"""The streams of a run under the names of AIPerf's profile_export_aiperf.json, to be laid beside one of its own.

AIPerf (https://github.com/ai-dynamo/aiperf) describes the file in docs/reference/json-export-schema.md and its metrics
in docs/metrics-reference.md. One document is about one stack in one scenario, as its own are about one server under one
load. What was not measured here (tokens, for one) is absent, as what AIPerf did not measure is there, and never zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackduel.analysis.stream_metrics import figures_of
from stackduel.model.aa_pair import is_twin
from stackduel.model.errors import FieldError, StoreError, of_system
from stackduel.model.histogram import Histogram, fewest_for
from stackduel.model.run import Run
from stackduel.model.safe_name import safe_name
from stackduel.model.suite import Scenario
from stackduel.model.trial import Trial

ENDING = "aiperf.json"
# That of "count" and "sum" in each distribution; whatever came later is about what is not measured here.
SCHEMA_VERSION = "1.1"
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
StreamPlace = tuple[str, str]


def export_path(path: Path) -> Path:
    """Return the path of an export; raises FieldError where its name or its folder is none for one."""
    if not path.name.endswith(ENDING):
        raise FieldError(f"--export: must be a file whose name ends with {ENDING}, not {path.name}")
    if not path.absolute().parent.is_dir():
        raise FieldError(f"--export: its folder must exist, and {path.parent} is none")
    return path


def export(run: Run, path: Path) -> tuple[Path, ...]:
    """Write a file for each stack and scenario of streams, and return their paths.

    Where there is one alone it has the path itself; of several the names stand before its ending. Raises StoreError
    where there is none, or one cannot be written.
    """
    documents = dict(_documents(run))
    if not documents:
        raise StoreError(f"--export {path}: no event stream was measured")
    written = []
    for place, document in documents.items():
        where = path if len(documents) == 1 else path.with_name(_name(path, place))
        try:
            where.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise StoreError(f"--export {where}: cannot be written: {of_system(error)}") from error
        written.append(where)
    if len(set(written)) < len(written):
        raise StoreError(f"--export {path}: names of stacks or scenarios are too much alike for files of their own")
    return tuple(written)


def _name(path: Path, place: StreamPlace) -> str:
    return f"{path.name.removesuffix(ENDING)}{'.'.join(map(safe_name, place))}.{ENDING}"


def _documents(run: Run) -> Iterator[tuple[StreamPlace, dict[str, Any]]]:
    for scenario in run.suite.scenarios:
        for stack in run.stacks:
            trials = run.trials(scenario.name, stack)
            if scenario.idle_of is None and not is_twin(stack) and trials and figures_of(trials) is not None:
                yield (stack, scenario.name), _document(run, scenario, stack, trials)


def _document(run: Run, scenario: Scenario, stack: str, trials: list[Trial]) -> dict[str, Any]:
    figures = figures_of(trials)
    if figures is None:
        raise ValueError(f"{stack} has no streams in {scenario.name}")
    latency = Histogram.sum(trial.measurement.service or trial.measurement.latency for trial in trials)
    duration_s = sum(trial.measurement.duration_s for trial in trials)
    succeeded = sum(trial.measurement.succeeded for trial in trials)
    failed = sum(trial.measurement.failed for trial in trials)
    metrics = {
        "request_throughput": _scalar("requests/sec", succeeded / duration_s),
        "request_latency": _times(latency),
        "request_count": _scalar("requests", succeeded),
        "time_to_first_token": _times(figures.ttft),
        "inter_token_latency": _times(figures.per_event),
        "inter_chunk_latency": _times(figures.gap),
        "error_request_count": _scalar("requests", failed) if failed else None,
        "benchmark_duration": _scalar("sec", duration_s),
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "benchmark_id": f"{run.run_id}/{stack}/{scenario.name}",
        **{name: each for name, each in metrics.items() if each is not None},
        "was_cancelled": run.status == "interrupted",
        "start_time": run.started,
    }


def _scalar(unit: str, value: float) -> Mapping[str, Any]:
    return {"unit": unit, "avg": value}


def _times(times: Histogram) -> Mapping[str, Any] | None:
    """Return a distribution in milliseconds; a percentile of too few values is absent."""
    if not times.count:
        return None
    known = {
        f"p{percent}": times.quantile_ns(percent / 100) / 1e6
        for percent in PERCENTILES
        if times.count >= fewest_for(max(percent, 100 - percent) / 100)
    }
    deviation = {"std": times.deviation_ns / 1e6} if times.count > 1 else {}
    bounds = {"min": times.min_ns / 1e6, "max": times.max_ns / 1e6}
    sums = {"count": times.count, "sum": times.total_ns / 1e6}
    return {"unit": "ms", "avg": times.mean_ns / 1e6, **known, **bounds, **deviation, **sums}
