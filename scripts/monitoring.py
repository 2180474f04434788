#!/usr/bin/env python3
"""Write what Prometheus and Grafana need to know of the stacks: ``python scripts/monitoring.py``.

The dashboard comes from grafana-foundation-sdk (extra ``dev``), the list of targets from the registry of stacks. A test
compares the files of the checkout with what this makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard, QueryVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh

from stackduel_servers.registry import load_registry

FOLDER = Path(__file__).resolve().parents[1] / "docker" / "monitoring"
SOURCE = DataSourceRef(type_val="prometheus", uid="stackduel-prometheus")
WINDOW = "$__rate_interval"
WIDE, NARROW, HEIGHT = 12, 8, 8
PERCENTILES = (50, 95, 99)
# The stacks that have metrics; the last row is there once for each.
STACKS = "label_values(stackduel_requests_total, stack)"
# The end of each trial that a run pushed, in milliseconds: Grafana marks the time that the value names.
TRIALS = "last_over_time(stackduel_trial_end_timestamp_seconds[15m]) * 1000"


@dataclass(frozen=True, slots=True)
class Graph:
    """One panel: its title, the unit of its values, and its queries by legend."""

    title: str
    unit: str
    queries: Mapping[str, str]


def percentile(which: int, having: str, by: str) -> str:
    """Return the query of a percentile of the times of requests."""
    rate = f"rate(stackduel_request_seconds_bucket{having}[{WINDOW}])"
    return f"histogram_quantile({which / 100:g}, sum by ({by}) ({rate}))"


def of_all() -> tuple[Graph, ...]:
    """Return the panels that compare the stacks."""
    return (
        Graph("Requests", "reqps", {"{{stack}}": f"sum by (stack) (rate(stackduel_requests_total[{WINDOW}]))"}),
        Graph("Time of requests, p99", "s", {"{{stack}}": percentile(99, "", "stack, le")}),
        Graph("In flight", "short", {"{{stack}}": "sum by (stack) (stackduel_requests_in_flight)"}),
        Graph("CPUs", "short", {"{{stack}}": f"sum by (stack) (rate(stackduel_worker_cpu_seconds_total[{WINDOW}]))"}),
        Graph("Memory", "bytes", {"{{stack}}": "sum by (stack) (stackduel_worker_memory_bytes)"}),
        Graph("Up", "short", {"{{stack}}": 'up{job="stackduel"}'}),
    )


def of_one() -> tuple[Graph, ...]:
    """Return the panels of one stack."""
    one = '{stack="$stack"}'
    sizes = f"sum(rate(stackduel_batch_size_sum{one}[{WINDOW}])) / sum(rate(stackduel_batch_size_count{one}[{WINDOW}]))"
    return (
        Graph(
            "Requests by route and status",
            "reqps",
            {"{{route}} {{status}}": f"sum by (route, status) (rate(stackduel_requests_total{one}[{WINDOW}]))"},
        ),
        Graph("Time of requests", "s", {f"p{which}": percentile(which, one, "le") for which in PERCENTILES}),
        Graph(
            "In flight and waiting for a model",
            "short",
            {
                "in flight": f"sum(stackduel_requests_in_flight{one})",
                "waiting": f"sum(stackduel_queue_length{one})",
            },
        ),
        Graph("CPUs", "short", {"worker {{worker}}": f"rate(stackduel_worker_cpu_seconds_total{one}[{WINDOW}])"}),
        Graph("Memory", "bytes", {"worker {{worker}}": f"stackduel_worker_memory_bytes{one}"}),
        Graph("Batch size", "short", {"mean": sizes}),
    )


def of_trials() -> tuple[Graph, ...]:
    """Return the panels of the trials that runs pushed."""
    legend = "{{stack}} {{scenario}}"
    return (
        Graph("Trials: answers per second", "reqps", {legend: "last_over_time(stackduel_trial_rate_rps[15m])"}),
        Graph(
            "Trials: p99",
            "s",
            {legend: 'last_over_time(stackduel_trial_latency_seconds{quantile="0.99"}[15m])'},
        ),
    )


def panel(graph: Graph, number: int, span: int) -> Panel:
    """Return the panel of a graph."""
    built = Panel().id(number).title(graph.title).unit(graph.unit).min(0)
    built = built.span(span).height(HEIGHT).datasource(SOURCE)
    for letter, (legend, expression) in zip(ascii_uppercase, graph.queries.items(), strict=False):
        query = Dataquery().ref_id(letter).expr(expression).legend_format(legend).datasource(SOURCE)
        built = built.with_target(query)
    return built


def with_rows(board: Dashboard) -> Dashboard:
    """Add an open row of all stacks, one of pushed trials, and one that is repeated for each stack."""
    number = count(1)
    rows = (
        (Row("All stacks"), of_all(), NARROW),
        (Row("Trials"), of_trials(), WIDE),
        (Row("$stack").repeat("stack"), of_one(), NARROW),
    )
    for row, graphs, span in rows:
        board = board.with_row(row.id(next(number)).collapsed(False))
        for graph in graphs:
            board = board.with_panel(panel(graph, next(number), span))
    return board


def dashboard() -> str:
    """Return the dashboard as JSON."""
    stacks = QueryVariable("stack").label("Stack").datasource(SOURCE).query(STACKS)
    # All of them, until somebody chooses.
    stacks = stacks.current(VariableOption(selected=True, text="All", value="$__all"))
    stacks = stacks.multi(True).include_all(True).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    trials = AnnotationQuery().name("Trials").datasource(SOURCE).enable(True).icon_color("blue").expr(TRIALS)
    board = (
        Dashboard("Stacks")
        .uid("stackduel-stacks")
        .tags(["stackduel"])
        .time("now-15m", "now")
        .refresh("5s")
        .timezone("browser")
        .readonly()
        .with_variable(stacks)
        .annotation(trials)
    )
    built = with_rows(board).build()
    document: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(built))
    # Fields of the annotation that the library does not know.
    document["annotations"]["list"][0] |= {
        "titleFormat": "{{stack}} {{scenario}}",
        "textFormat": "run {{run}}, block {{block}}, attempt {{attempt}}: {{state}}",
        "tagKeys": "stack,state",
        "useValueForTime": "on",
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def targets() -> str:
    """Return Prometheus' list of the stacks in the compose project, each with its name as a label."""
    entries = load_registry().entries.values()
    stacks = [entry for entry in entries if entry.profile != "local" and entry.server != "tritonserver"]
    described = [{"targets": [f"{each.name}:{each.port}"], "labels": {"stack": each.name}} for each in stacks]
    return json.dumps(described, indent=1) + "\n"


def files() -> dict[Path, str]:
    """Return the text of each file that this writes."""
    return {FOLDER / "grafana" / "dashboards" / "stacks.json": dashboard(), FOLDER / "targets.json": targets()}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8", newline="\n")
