"""``stackduel run``: measure a suite, save every trial, print the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.cli import options
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration, interpreters, proxies
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner import request, resumption, session
from stackduel.runner.output import Output
from stackduel.runner.samplers import require_sampler

GROUPS = {
    "What is measured": (
        "stacks",
        "stacks-file",
        "url",
        "baseline",
        "python",
        "proxy",
        "proxy-timeout",
        "model",
        "profile",
    ),
    "How long": ("blocks", "time-budget", "duration", "published-delays", "long", "seed", "resume"),
    "Where and by what": options.WHERE,
    "What counts": (*options.COUNTS, "thresholds", "slo"),
    "What is shown and kept": (*options.SHOWN, "price", "push", "openmetrics", "export"),
}


@click.command("run", cls=Grouped, groups=GROUPS)
@click.argument("suite", required=False)
@click.option("--baseline", metavar="STACK", help="What the others are compared with.")
@click.option(
    "--python",
    callback=interpreters,
    metavar="A,B",
    help="Measure each stack on each of these interpreters, as STACK@3.13: paths, environments' folders, versions.",
)
@click.option(
    "--proxy",
    callback=proxies,
    metavar="A,B",
    help="Measure each stack behind each of these, as STACK+nginx: none, nginx, nginx-unbuffered, nginx-buffered.",
)
@click.option(
    "--proxy-timeout",
    "proxy_timeout_s",
    type=Duration(0.1, 3600),
    metavar="TIME",
    help="How long nginx waits for more of an answer before it cuts it (proxy_read_timeout); default: its own, 60s.",
)
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
    "--published-delays",
    is_flag=True,
    help="Ask for the published delays where a suite, such as classic, scales them down; takes ten times as long.",
)
@click.option(
    "--long", is_flag=True, help="Measure the long form of a suite that has one: service over 10,000 requests."
)
@click.option(
    "--profile",
    is_flag=True,
    help="After measuring, profile each stack where the CPU limits it: stackduel profile in the same report.",
)
@options.thresholds
@click.option(
    "--slo",
    metavar="BOUNDS",
    help="Bounds on the times of streams: ttft_p99=500ms,tpot_p99=50ms. Goodput counts the streams that keep them.",
)
@options.price
@options.url
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    metavar="FILE",
    help="An ONNX file of your own in place of the suite's models.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Resume a run that stopped: a path, an id or latest.",
)
@options.push
@options.openmetrics
@options.export
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
    push: str | None,
    openmetrics: Path | None,
    export: Path | None,
    **chosen: Any,
) -> int:
    """Measure SUITE: quick (the default), another one of stackduel list, or a .toml file."""
    outlets = options.outlets(push, openmetrics, export)
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    if resume is not None:
        where = options.run_path(resume, out)
        return resumption.resume(where, fail_on, output, wait_quiet_s=chosen["wait_quiet_s"], outlets=outlets)
    run_options = RunOptions(**chosen)
    if run_options.blocks is not None and run_options.time_budget_s is not None:
        raise FieldError("--blocks: cannot be combined with --time-budget, which chooses their number")
    run_request = request.RunRequest(run_options, ("stackduel", *argv), fail_on, outlets=outlets)
    if dry_run:
        return request.dry_run(run_request, output)
    if run_options.profile:
        require_sampler(run_options)
    return session.start(run_request, out, output)
