"""``stackduel capacity``: the highest rate that keeps a service level, and the replicas for a demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Number
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.planning.capacity_suite import capacity_suite
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, session
from stackduel.runner.output import Output

GROUPS = {
    "What is searched": ("path", "slo", "stacks", "stacks-file", "seed"),
    "Replicas": ("demand", "headroom", "cost-per-replica"),
    "Where and by what": options.WHERE,
    "What counts": options.COUNTS,
    "What is shown and kept": options.SHOWN,
}


@click.command("capacity", cls=Grouped, groups=GROUPS)
@click.option("--path", default="/slow-io?delay=0.1", show_default=True, metavar="PATH", help="The request.")
@click.option(
    "--slo",
    default="p99=200ms",
    show_default=True,
    metavar="BOUNDS",
    help="The service level: p50, p90, p95, p99, p999 or mean in ms or s, errors in %, with commas between them.",
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
    path: str,
    slo: str,
    demand_rps: float | None,
    headroom: float,
    cost_per_replica: float | None,
    **chosen: Any,
) -> int:
    """Find the highest rate that keeps a service level, and how many replicas you need for a demand."""
    if cost_per_replica is not None and demand_rps is None:
        raise FieldError("--cost-per-replica: needs --demand, the rate that the replicas carry")
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    run_options = RunOptions(**chosen)
    settings = CapacitySettings(slo=slo, demand_rps=demand_rps, headroom=headroom, cost_per_replica=cost_per_replica)
    run_request = request.RunRequest(
        run_options, ("stackduel", *argv), fail_on, capacity_suite(run_options, settings, path)
    )
    return request.dry_run(run_request, output) if dry_run else session.start(run_request, out, output)
