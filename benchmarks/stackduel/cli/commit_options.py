"""The options of the commands that compare commits: ``pr`` and ``bisect``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from stackduel.checkouts.worktrees import AskedCommit
from stackduel.cli import options
from stackduel.cli.parameters import Duration
from stackduel.model.run_options import RunOptions
from stackduel.runner.commit_sides import CommitRequest, Environments

TIME_BUDGET = "6m"


def groups(own: tuple[str, ...], shown: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the groups of the help: ``own`` are the command's first options, ``shown`` say what it prints."""
    return {
        "What is compared": (*own, "stacks-file", "stack", "requests", "environments", "install"),
        "How long": ("time-budget", "seed"),
        "By what": ("driver", "cores", "shared-cores", "memory", "timeout"),
        "What counts": ("fail-on", "wait-quiet", "strict", "gate"),
        "What is shown and kept": ("out", *shown),
    }


def install_words(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return the words that pip gets."""
    try:
        return tuple(shlex.split(value)) if value else ()
    except ValueError as error:
        raise click.BadParameter(f"cannot be split into words: {error}") from error


_OWN = (
    click.option(
        "--stacks-file", metavar="FILE", help="How the application is started; default: stackduel.toml in the checkout."
    ),
    click.option("--stack", metavar="NAME", help="The stack of the file that is compared with itself."),
    click.option(
        "--requests", metavar="SUITE", help="The requests of a suite or its .toml file, in place of the stacks file's."
    ),
    click.option(
        "--environments",
        type=click.Choice(get_args(Environments)),
        default="auto",
        show_default=True,
        help="A Python environment of its own for each side: if their dependency files differ (auto), never, always.",
    ),
    click.option(
        "--install",
        callback=install_words,
        metavar="WORDS",
        help="What pip installs into it, such as '. gunicorn'; default: -r requirements.txt, else '.'.",
    ),
    click.option(
        "--time-budget",
        "time_budget_s",
        type=Duration(10, 7 * 86_400),
        default=TIME_BUDGET,
        show_default=True,
        metavar="TIME",
        help="Limit each comparison to this time, such as 10m.",
    ),
)
# The options that all commands which compare commits have.
shared = options.together(
    *_OWN, options.seed, options.driver, options.of_cores, options.memory, options.timeout, options.fail_on,
    options.wait_quiet, options.strict, options.gate, options.out, options.quiet,
)  # fmt: skip


def taken(chosen: Mapping[str, Any], base: AskedCommit, head: AskedCommit) -> tuple[CommitRequest, RunOptions]:
    """Return the request for two commits and the options of the run, from the values of the shared options."""
    rest = dict(chosen)
    stacks_file, stack = rest.pop("stacks_file"), rest.pop("stack")
    commits = CommitRequest(
        folder=Path.cwd(),
        base=base,
        head=head,
        stacks_file=Path(stacks_file) if stacks_file else None,
        stack=stack,
        environments=rest.pop("environments"),
        install=rest.pop("install"),
    )
    return commits, RunOptions(**rest)
