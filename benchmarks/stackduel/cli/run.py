"""``stackduel run``: measure a suite, save every trial, print the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, session
from stackduel.runner.output import Output

GROUPS = {
    "What is measured": ("stacks", "stacks-file", "baseline", "model"),
    "How long": ("blocks", "time-budget", "duration", "seed", "resume"),
    "Where and by what": options.WHERE,
    "What counts": options.COUNTS,
    "What is shown and kept": options.SHOWN,
}


@click.command("run", cls=Grouped, groups=GROUPS)
@click.argument("suite", required=False)
@click.option("--baseline", metavar="STACK", help="What the others are compared with.")
@options.device
@click.option(
    "--blocks",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Number of rounds; each round measures every stack once.",
)
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 7 * 86_400),
    metavar="TIME",
    help="Limit the run to this time, such as 10m.",
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
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Resume a run that stopped.")
@options.of_measuring
@click.pass_obj
def run_command(
    argv: tuple[str, ...],
    /,
    resume: Path | None,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    **chosen: Any,
) -> int:
    """Measure SUITE: quick (the default), another one of stackduel list, or a .toml file."""
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    if resume is not None:
        return session.resume(options.run_path(resume, out), fail_on, output)
    run_options = RunOptions(**chosen)
    if run_options.blocks is not None and run_options.time_budget_s is not None:
        raise FieldError("--blocks: cannot be combined with --time-budget, which chooses their number")
    run_request = request.RunRequest(run_options, ("stackduel", *argv), fail_on)
    return request.dry_run(run_request, output) if dry_run else session.start(run_request, out, output)
