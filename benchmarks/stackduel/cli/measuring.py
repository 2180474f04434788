"""``run`` and ``capacity``: the commands that measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration, Number
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.report.terminal.page import standard_error, standard_output

WHERE = ("launcher", "project", "generator", "driver", "device", "memory", "timeout")
COUNTS = ("strict", "gate", "fail-on")
SHOWN = ("out", "live", "json", "quiet", "dry-run")
OF_A_RUN = {
    "What is measured": ("stacks", "stacks-file", "baseline", "model"),
    "How long": ("blocks", "time-budget", "duration", "seed", "resume"),
    "Where and by what": WHERE,
    "What counts": COUNTS,
    "What is shown and kept": SHOWN,
}
OF_A_CAPACITY = {
    "What is looked for": ("path", "slo", "stacks", "stacks-file", "seed"),
    "Replicas": ("demand", "headroom", "cost-per-replica"),
    "Where and by what": WHERE,
    "What counts": COUNTS,
    "What is shown and kept": SHOWN,
}


@click.command("run", cls=Grouped, groups=OF_A_RUN)
@click.argument("suite", required=False)
@click.option("--baseline", metavar="STACK", help="What the others are compared with.")
@options.device
@click.option("--blocks", type=click.IntRange(1, 1000), metavar="N", help="Interleaved rounds, each with every stack.")
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 7 * 86_400),
    metavar="TIME",
    help="Fit the run into so much time, such as 10m.",
)
@click.option(
    "--duration",
    "duration_s",
    type=Duration(1, 86_400),
    metavar="TIME",
    help="How long a soak lasts on each stack, such as 24h.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="An ONNX file of your own in place of the suite's models.",
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a run that stopped.")
@options.of_measuring
@click.pass_obj
def run_command(
    argv: tuple[str, ...],
    /,
    out: Path,
    resume: Path | None,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    **chosen: Any,
) -> int:
    """Measure SUITE: quick (the default), another one of stackduel list, or a .toml file."""
    from stackduel.cli.commands import run as command  # noqa: PLC0415 - numpy and docker only where needed
    from stackduel.runner.session import Output  # noqa: PLC0415

    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    if resume is not None:
        return command.resume(options.found(resume, out), output, fail_on)
    asked = RunOptions(**chosen)
    if asked.blocks is not None and asked.time_budget_s is not None:
        raise FieldError("--blocks: cannot stand beside --time-budget, which chooses their number")
    if dry_run:
        return command.dry_run(asked, output, fail_on=fail_on)
    return command.start(asked, out, output, fail_on=fail_on, argv=argv)


@click.command("capacity", cls=Grouped, groups=OF_A_CAPACITY)
@click.option("--path", default="/slow-io?delay=0.1", show_default=True, metavar="PATH", help="What is asked.")
@click.option(
    "--slo",
    default="p99=200ms",
    show_default=True,
    metavar="BOUNDS",
    help="What is to be kept: p50, p90, p95, p99, p999 or mean in ms or s, errors in %, with commas between them.",
)
@click.option("--demand", "demand_rps", type=Number(0.01, 1e9), metavar="RPS", help="The rate to be carried in all.")
@click.option(
    "--headroom",
    type=Number(0.05, 1),
    default=0.8,
    show_default=True,
    metavar="PART",
    help="The part of its capacity that each replica is to carry.",
)
@click.option("--cost-per-replica", type=Number(0, 1e9), metavar="COST", help="In whatever unit.")
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
    """Find the highest rate that keeps a service level, and how many replicas a demand takes."""
    from stackduel.cli.commands import capacity as command  # noqa: PLC0415
    from stackduel.model.search_settings import CapacitySettings  # noqa: PLC0415
    from stackduel.runner.session import Output  # noqa: PLC0415

    if cost_per_replica is not None and demand_rps is None:
        raise FieldError("--cost-per-replica: needs --demand, the rate that the replicas are to carry")
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    asked = RunOptions(**chosen)
    settings = CapacitySettings(slo=slo, demand_rps=demand_rps, headroom=headroom, cost_per_replica=cost_per_replica)
    return command.search(asked, settings, path, None if dry_run else out, output, fail_on, argv)
