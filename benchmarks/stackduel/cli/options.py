"""The options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from stackduel.cli.parameters import Duration, bounds, names
from stackduel.model.budget import LEAST_MEMORY_MIB, MOST_MEMORY_MIB
from stackduel.model.driver import DriverName
from stackduel.model.run_options import DeviceName, GeneratorPlace, LauncherName

_Command = TypeVar("_Command", bound=Callable[..., Any])

RESULTS = Path("results")
# Groups of options in the help of the commands that measure.
WHERE = ("launcher", "project", "generator", "driver", "device", "memory", "timeout")
COUNTS = ("strict", "gate", "fail-on")
SHOWN = ("out", "live", "json", "quiet", "dry-run")

launcher = click.option(
    "--launcher",
    type=click.Choice(get_args(LauncherName)),
    default="local",
    show_default=True,
    help="Start processes or containers, use a running compose project, or test given URLs.",
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
generator = click.option(
    "--generator",
    type=click.Choice(get_args(GeneratorPlace)),
    default="process",
    show_default=True,
    help="Load from a process of this machine, or from a container on the stacks' network.",
)
driver = click.option(
    "--driver",
    type=click.Choice(get_args(DriverName)),
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
    help="Memory limit per stack; default: the suite's.",
)
strict = click.option("--strict", is_flag=True, help="Discard disturbed trials instead of marking them noisy.")
gate = click.option(
    "--gate",
    "gates",
    multiple=True,
    callback=bounds,
    metavar="NAME=VALUE",
    help="Change the limit of a gate, e.g. foreign_cpu=0.2.",
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


def of_measuring(command: _Command) -> _Command:
    """Add the options of every command that measures."""
    every = (
        *(stacks, stacks_file, launcher, project, generator, driver, timeout, seed, memory),
        *(strict, gate, fail_on, out, dry_run, quiet, run_as_json, live),
    )
    for option in reversed(every):
        command = option(command)
    return command


def run_path(run: Path, results: Path) -> Path:
    """Return the path of a run that is named by its path or by its id."""
    return run if run.exists() or not (results / run).exists() else results / run
