"""``stackduel capacity``: the highest load that keeps a service level, and the replicas for a demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration, Number
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.planning.capacity_suite import (
    DEFAULT_PATH,
    DEFAULT_STREAM,
    STREAMS_ALLOWANCE_S,
    USUAL_ALLOWANCE_S,
    CapacityRequests,
    capacity_suite,
)
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, session
from stackduel.runner.output import Output

GROUPS = {
    "What is searched": ("path", "request", "slo", "stacks", "stacks-file", "time-budget", "seed"),
    "Replicas": ("demand", "headroom", "cost-per-replica"),
    "Where and by what": options.WHERE,
    "What counts": options.COUNTS,
    "What is shown and kept": options.SHOWN,
}


@click.command("capacity", cls=Grouped, groups=GROUPS)
@click.option(
    "--path",
    metavar="PATH",
    help=f"The request; default: those of the stacks file, else {DEFAULT_PATH}, or {DEFAULT_STREAM} for events.",
)
@click.option(
    "--request",
    "named",
    multiple=True,
    metavar="NAME",
    help="A request of the stacks file, with its method, headers, body and check; may be repeated.",
)
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(15, 7 * 86_400),
    metavar="TIME",
    help=f"For the whole search; default: {USUAL_ALLOWANCE_S:g} s for each stack and request, of streams "
    f"{STREAMS_ALLOWANCE_S:g} s.",
)
@click.option(
    "--slo",
    default="p99=200ms",
    show_default=True,
    metavar="BOUNDS",
    help="The service level: p50, p90, p95, p99, p999 or mean in ms or s, errors in %, with commas between them. After "
    "event_ they bound how late the events of a stream come, and the number of streams is searched.",
)
@click.option(
    "--demand", "demand_rps", type=Number(0.01, 1e9), metavar="RPS", help="The total rate that the replicas must carry."
)
@click.option(
    "--headroom",
    type=Number(0.05, 1),
    default=0.8,
    show_default=True,
    metavar="PART",
    help="Use each replica up to this share (0.8 = 80 %).",
)
@click.option("--cost-per-replica", type=Number(0, 1e9), metavar="COST", help="In any unit.")
@options.of_measuring
@click.pass_obj
def capacity_command(
    argv: tuple[str, ...],
    /,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    path: str | None,
    named: tuple[str, ...],
    time_budget_s: float | None,
    slo: str,
    demand_rps: float | None,
    headroom: float,
    cost_per_replica: float | None,
    **chosen: Any,
) -> int:
    """Find the highest rate or the most streams that keep a service level, and replicas for a demand."""
    if cost_per_replica is not None and demand_rps is None:
        raise FieldError("--cost-per-replica: needs --demand, the rate that the replicas carry")
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    run_options = RunOptions(**chosen)
    settings = CapacitySettings(slo=slo, demand_rps=demand_rps, headroom=headroom, cost_per_replica=cost_per_replica)
    suite = capacity_suite(run_options, settings, CapacityRequests(path, named, time_budget_s))
    run_request = request.RunRequest(run_options, ("stackduel", *argv), fail_on, suite)
    return request.dry_run(run_request, output) if dry_run else session.start(run_request, out, output)
