"""``stackduel ablate``: what each switch of a stack does, alone and together with the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration, names
from stackduel.model.run_options import RunOptions
from stackduel.planning.ablation_suite import AblationRequest, ablation_suite
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, session
from stackduel.runner.output import Output

DEFAULT_STACK = "fastapi-tuned"
GROUPS = {
    "What is measured": ("switch", "path", "suite", "time-budget", "seed"),
    "Where and by what": tuple(each for each in options.WHERE if each != "project"),
    "What counts": ("wait-quiet", "strict", "gate", "fail-on"),
    "What is shown and kept": options.SHOWN,
}
_shared = options.together(
    options.launcher, options.generator, options.driver, options.device, options.timeout, options.resend_idle,
    options.seed, options.of_cores, options.memory, options.wait_quiet, options.strict, options.gate, options.fail_on,
    options.out, options.dry_run, options.quiet, options.run_as_json, options.live,
)  # fmt: skip


@click.command("ablate", cls=Grouped, groups=GROUPS)
@click.argument("stack", default=DEFAULT_STACK)
@click.option(
    "--switch",
    "switches",
    callback=names,
    metavar="A,B",
    help="Only these switches; of up to three every combination is measured.",
)
@click.option("--path", metavar="PATH", help="One request for all switches; default: one that each switch touches.")
@click.option("--suite", metavar="SUITE", help="The requests of a suite instead.")
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 7 * 86_400),
    metavar="TIME",
    help="Limit the run to this time, such as 15m: it chooses the number of replicates and the windows.",
)
@_shared
@click.pass_obj
def ablate_command(
    argv: tuple[str, ...],
    /,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    stack: str,
    switches: tuple[str, ...] | None,
    path: str | None,
    suite: str | None,
    **chosen: Any,
) -> int:
    """Say what each switch of STACK does, with the published claims beside it; default: fastapi-tuned."""
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    run_options = RunOptions(**chosen)
    planned = ablation_suite(run_options, AblationRequest(stack, switches, path, suite))
    run_request = request.RunRequest(run_options, ("stackduel", *argv), fail_on, planned)
    return request.dry_run(run_request, output) if dry_run else session.start(run_request, out, output)
