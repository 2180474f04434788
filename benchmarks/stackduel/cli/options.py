"""The options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from stackduel.analysis.history.run_summary import RunSummary
from stackduel.cli.parameters import GATE_LIMITS, Duration, bounds, names, prices
from stackduel.model.budget import LEAST_MEMORY_MIB, MOST_CORES, MOST_MEMORY_MIB
from stackduel.model.counted import counted
from stackduel.model.driver import CHOSEN_DRIVERS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import DeviceName, GeneratorPlace, LauncherName
from stackduel.report.aiperf import export_path
from stackduel.report.metrics.remote_write import push_target
from stackduel.report.terminal.page import message, standard_error
from stackduel.runner.trial_export import TrialOutlets
from stackduel.storage.index import history

LATEST = re.compile(r"latest(?:~(\d{1,4}))?")
_Command = TypeVar("_Command", bound=Callable[..., Any])

RESULTS = Path("results")
# Groups of options in the help of the commands that measure.
WHERE = (
    *("launcher", "project", "generator", "driver", "device"),
    *("cores", "shared-cores", "memory", "timeout", "resend-idle", "postgres"),
)
COUNTS = ("wait-quiet", "strict", "keep-going", "gate", "fail-on")
SHOWN = ("out", "live", "json", "quiet", "dry-run")


def together(*every: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Return what adds these options to a command, in this order."""

    def add(command: _Command) -> _Command:
        for option in reversed(every):
            command = option(command)
        return command

    return add


launcher = click.option(
    "--launcher",
    type=click.Choice(get_args(LauncherName)),
    default="local",
    show_default=True,
    help="Start processes or containers, use a running compose project, or test given URLs; stacks that all have a url "
    "or an image imply it.",
)
stacks = click.option("--stacks", callback=names, metavar="A,B", help="Only these stacks.")
stacks_file = click.option("--stacks-file", metavar="FILE", help="Stacks and requests of your own (TOML).")
project = click.option("--project", metavar="NAME", help="The compose project, if not this folder's.")
timeout = click.option(
    "--timeout",
    "timeout_s",
    type=Duration(0.1, 3600),
    default="30s",
    show_default=True,
    metavar="TIME",
    help="How long to wait for one answer.",
)
resend_idle = click.option(
    "--resend-idle",
    "resend_idle_s",
    type=Duration(0.001, 3600),
    default="100ms",
    show_default=True,
    metavar="TIME",
    help="Send a request again if the server closed its connection, idle for at least this long; else it failed.",
)
generator = click.option(
    "--generator",
    type=click.Choice(get_args(GeneratorPlace)),
    default="process",
    show_default=True,
    help="Load from a process of this machine, or from a container on the stacks' network.",
)
driver = click.option(
    "--driver",
    type=click.Choice(CHOSEN_DRIVERS),
    default="raw",
    show_default=True,
    help="Program that sends the requests.",
)
device = click.option(
    "--device",
    type=click.Choice(get_args(DeviceName)),
    default="auto",
    show_default=True,
    help="Device for models; auto: a GPU if usable. Names with torch- use PyTorch, others ONNX Runtime.",
)
seed = click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Fixes the order of the trials.")
memory = click.option(
    "--memory",
    "memory_mib",
    type=click.IntRange(LEAST_MEMORY_MIB, MOST_MEMORY_MIB),
    metavar="MIB",
    help="Memory limit per stack; default: the suite's, for each core of --cores.",
)
cores = click.option(
    "--cores",
    type=click.IntRange(1, MOST_CORES),
    metavar="N",
    help="Cores of each stack; one core stays the generator's, unless --shared-cores. Default: the suite's, mostly 1.",
)
shared_cores = click.option(
    "--shared-cores",
    is_flag=True,
    help="Let a stack have the generator's core, too; how busy that was then voids no trial.",
)
of_cores = together(cores, shared_cores)
postgres = click.option(
    "--postgres",
    metavar="URL",
    help="Use the PostgreSQL at postgresql://USER@HOST:PORT/NAME instead of starting one; its password is PGPASSWORD. "
    "The schema stackduel there is replaced.",
)
strict = click.option("--strict", is_flag=True, help="Discard disturbed trials instead of marking them noisy.")
wait_quiet = click.option(
    "--wait-quiet",
    "wait_quiet_s",
    type=Duration(1, 86_400),
    metavar="TIME",
    help="Wait up to this time, such as 10m, until other processes leave the host quiet; then measure in any case.",
)
keep_going = click.option(
    "--keep-going", is_flag=True, help="Leave out a stack that cannot be measured, instead of measuring nothing."
)
gate = click.option(
    "--gate",
    "gates",
    multiple=True,
    callback=bounds,
    metavar="NAME=VALUE",
    help=f"Change the limit of a gate, e.g. foreign_cpu=0.2; NAME is one of {', '.join(GATE_LIMITS)}.",
)
out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=RESULTS,
    show_default=True,
    metavar="FOLDER",
    help="Folder of runs.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Print the plan and its duration, start nothing.")
quiet = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
live = click.option("--live", is_flag=True, help="Serve a page on 127.0.0.1 that shows the run while it measures.")
fail_on = click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="EXPR",
    help="Exit with status 1 if this condition is true: 'errors > 0', 'speedup(STACK) < 2'; may be repeated.",
)
thresholds = click.option(
    "--thresholds",
    metavar="FILE",
    help="Exit with status 1 if a stack breaks a bound of this file (TOML); in place of the suite's thresholds.",
)
price = click.option(
    "--price",
    callback=prices,
    metavar="NAME=VALUE,...",
    help="Show what a million requests cost at these prices of a core and of a GiB of memory for an hour: "
    "cpu-hour=0.04,gib-hour=0.005.",
)
url = click.option("--url", metavar="URL", help="Measure the server at this address alone, in place of the stacks.")
run_as_json = click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
form_json = click.option("--json", "form", flag_value="json", help="Print JSON.")
form_markdown = click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
suite = click.option("--suite", metavar="NAME", help="Only runs of this suite.")
limit = click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Show at most N runs, newest first.",
)
own_model = click.option(
    "--model", "own", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="An ONNX model of your own."
)


push = click.option(
    "--push",
    metavar="URL",
    help="Push each trial, once it has ended, to the Prometheus at this address by remote write (extra: push).",
)
openmetrics = click.option(
    "--openmetrics",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the trials of this run as OpenMetrics, for promtool tsdb create-blocks-from openmetrics.",
)


export = click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the event streams by AIPerf's names: FILE ends with aiperf.json, and each stack and scenario has one.",
)


def outlets(push: str | None, openmetrics: Path | None, export: Path | None) -> TrialOutlets:
    """Return where trials are told; raises FieldError before anything is measured if that cannot be."""
    if openmetrics is not None and not openmetrics.absolute().parent.is_dir():
        raise FieldError(f"--openmetrics: its folder must exist, and {openmetrics.parent} is none")
    target = push_target(push) if push is not None else None
    return TrialOutlets(target, openmetrics, export_path(export) if export is not None else None)


# The options of every command that measures.
of_measuring = together(
    *(stacks, stacks_file, launcher, project, generator, driver, timeout, resend_idle, seed, of_cores, memory),
    *(postgres, wait_quiet, strict, keep_going, gate, fail_on, out, dry_run, quiet, run_as_json, live),
)


def run_path(run: Path, results: Path) -> Path:
    """Return the path of a run named by its path, by its id, or as the newest one: ``latest``, ``latest~1`` before it.

    Raises FieldError if the folder holds no such run.
    """
    return _path(run, results, lambda entries: entries)


def measured_run_path(run: Path, results: Path) -> Path:
    """Return the same, but let ``latest`` pass over runs that measured nothing, unless there are only such."""
    return _path(run, results, lambda entries: [each for each in entries if each.measured] or entries)


def _path(run: Path, results: Path, choose: Callable[[Sequence[RunSummary]], Sequence[RunSummary]]) -> Path:
    if run.exists():
        return run
    if named := LATEST.fullmatch(str(run)):
        every, back = history(results).entries, int(named[1] or 0)
        runs = choose(every)
        if back >= len(runs):
            left_out = len(every) - len(runs)
            without = f", besides {left_out} that measured nothing" if left_out else ""
            if not every:
                raise FieldError(f"{run}: there is no run in {results} yet; stackduel run quick makes one")
            raise FieldError(f"{run}: {results} holds {counted(len(runs), 'run')}{without}")
        if passed := every.index(runs[back]) - back:
            message(standard_error(), f"{run}: passed over {counted(passed, 'newer run')} that measured nothing")
        return results / runs[back].folder
    return results / run if (results / run).exists() else run
