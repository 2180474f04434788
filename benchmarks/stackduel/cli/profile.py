"""``stackduel profile``: where a stack's time goes under load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration
from stackduel.model.profile_settings import LEAST_SECONDS, MOST_SECONDS, USUAL_SECONDS, ProfileSettings
from stackduel.model.run_options import RunOptions
from stackduel.planning.profile_suite import ProfileRequest, profile_suite
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, session
from stackduel.runner.output import Output
from stackduel.runner.samplers import require_sampler

GROUPS = {
    "What is profiled": ("path", "suite", "stacks-file", "seconds", "gil", "memory", "seed"),
    "Where and by what": tuple(each for each in options.WHERE if each != "memory"),
    "What is shown and kept": ("svg", *options.SHOWN),
}
_shared = options.together(
    options.stacks_file, options.launcher, options.project, options.generator, options.driver, options.device,
    options.timeout, options.resend_idle, options.seed, options.of_cores, options.out, options.dry_run, options.quiet,
    options.run_as_json, options.live,
)  # fmt: skip


@click.command("profile", cls=Grouped, groups=GROUPS)
@click.argument("stack")
@click.option("--path", metavar="PATH", help="One request; default: /json, or those of the stacks file.")
@click.option("--suite", metavar="SUITE", help="The requests of a suite instead.")
@click.option(
    "--seconds",
    type=Duration(LEAST_SECONDS, MOST_SECONDS),
    default=f"{USUAL_SECONDS:g}s",
    show_default=True,
    metavar="TIME",
    help="How long each request is sampled; as long again it is loaded without the profiler.",
)
@click.option("--gil", is_flag=True, help="Sample only threads that hold Python's global lock.")
@click.option(
    "--memory", is_flag=True, help="Also record who holds the memory, with memray, in a start of its own (local)."
)
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the flamegraph here, too; of several requests that of the first.",
)
@_shared
@click.pass_obj
def profile_command(
    argv: tuple[str, ...],
    /,
    out: Path,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    stack: str,
    path: str | None,
    suite: str | None,
    seconds: float,
    gil: bool,
    memory: bool,
    svg: Path | None,
    **chosen: Any,
) -> int:
    """Say where the time of STACK goes under load: flamegraph, layers, widest functions."""
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    run_options = RunOptions(stacks=(stack,), **chosen)
    settings = ProfileSettings(seconds=seconds, gil=gil, memory=memory)
    planned = profile_suite(run_options, settings, ProfileRequest(stack, path, suite))
    run_request = request.RunRequest(run_options, ("stackduel", *argv), (), planned, svg)
    if dry_run:
        return request.dry_run(run_request, output)
    require_sampler(run_options, memory=memory)
    return session.start(run_request, out, output)
