"""``stackduel init``: a stacks file for the application of the folder, checked at once."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import get_args

import click

from stackduel.application.found_application import ApplicationRequest, find_application
from stackduel.application.stacks_draft import draft_of
from stackduel.application.stacks_text import StacksPlace
from stackduel.cli.help import Grouped
from stackduel.cli.parameters import Duration
from stackduel.model.application import Interface
from stackduel.model.errors import FieldError
from stackduel.report.terminal.page import message, standard_error, standard_output
from stackduel.runner.draft_check import CheckLimits
from stackduel.runner.first_file import write_checked
from stackduel.runner.next_commands import USUAL_FILE

MOST_MEASURED = 100
GROUPS = {
    "What is started": ("python", "interface"),
    "What is written": ("output", "force", "most"),
    "How long": ("timeout", "time-budget"),
}


@click.command("init", cls=Grouped, groups=GROUPS)
@click.argument("app", required=False)
@click.option(
    "--python", metavar="PATH", help="The interpreter or environment of APP; default: the active one, else .venv here."
)
@click.option(
    "--interface", type=click.Choice(get_args(Interface)), help="Where APP does not show it: a wrapper of *args."
)
@click.option(
    "--output", default=USUAL_FILE, show_default=True, metavar="PATH", help="The file; stackduel pr reads the default."
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@click.option(
    "--most",
    type=click.IntRange(1, MOST_MEASURED),
    default=5,
    show_default=True,
    metavar="N",
    help="How many routes are measured; the others that answer stand as comments.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=Duration(1, 600),
    default="5s",
    show_default=True,
    metavar="TIME",
    help="How long to wait for one answer.",
)
@click.option(
    "--time-budget",
    "time_budget_s",
    type=Duration(10, 3600),
    default="2m",
    show_default=True,
    metavar="TIME",
    help="For all of it: the import, the start and the routes.",
)
@click.pass_obj
def init_command(
    argv: tuple[str, ...],
    /,
    app: str | None,
    python: str | None,
    interface: Interface | None,
    output: str,
    force: bool,
    most: int,
    timeout_s: float,
    time_budget_s: float,
) -> int:
    """Write a stackduel.toml for your application, with its command and routes, and check that it works.

    APP is module:name, or module:name() for a factory; default: what Procfile, Dockerfile, compose file, manage.py or
    the modules of this folder show.
    """
    until_s = time.monotonic() + time_budget_s
    root = Path.cwd()
    place = StacksPlace(root / output, root, shlex.join(("stackduel", *argv)))
    _refuse(place.path, output, force=force)
    err = standard_error()
    asked = ApplicationRequest(app, root, python, interface)
    limits = CheckLimits(most, timeout_s, until_s)
    found = find_application(asked, lambda text: message(err, text), lambda: limits.left_s)
    message(err, found.application.sentence)
    for note in found.notes:
        message(err, note)
    return write_checked(draft_of(found), place, limits, asked, standard_output(), err)


def _refuse(path: Path, output: str, *, force: bool) -> None:
    """Raise FieldError if the file may not be written."""
    if path.is_dir() or not path.parent.is_dir():
        raise FieldError(f"--output: must be a file in a folder that is there, and {output} is none")
    if path.exists() and not force:
        raise FieldError(f"{output} is there already: --force replaces it, --output names another")
