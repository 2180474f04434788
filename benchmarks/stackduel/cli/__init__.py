"""The command line, one module for each command: its options and what it does.

Only this package imports click. It measures through ``runner`` alone and never imports ``load``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from stackduel.cli.crash import report_crash
from stackduel.cli.groups import commands
from stackduel.model.errors import FieldError, LaunchError, StoreError, of_system
from stackduel.process.outlets import open_outlets
from stackduel_servers.models.store import ModelError
from stackduel_servers.registry import RegistryError

WRONG_INPUT = 2
STACK_FAILED = 3
OUR_BUG = 70
# Set by scripts/bench.sh: how to activate the environment that it made.
ACTIVATE = "STACKDUEL_ACTIVATE"
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit.

    0 done, 1 a condition met, 2 wrong usage, input or surroundings, 3 a stack failed, 70 our own bug, 130 interrupted.
    """
    outlets = open_outlets()
    status = exit_status(sys.argv[1:] if arguments is None else arguments)
    lost = outlets.lost()
    if lost is not None:
        status = status or _failed(f"standard output: {lost.strerror}: what was printed is incomplete", WRONG_INPUT)
    if (activate := os.environ.get(ACTIVATE)) and not {"--quiet", "--json"} & set(sys.argv):
        click.echo(f"To use stackduel without this script: {activate}", err=True)
    sys.exit(status)


def exit_status(arguments: Sequence[str], program: click.Command = commands) -> int:
    """Run a command of ``program`` and return its exit status; print errors on standard error."""
    words = tuple(arguments)
    try:
        # The arguments go with the context, because a run stores the command that repeats it.
        return int(program.main(args=list(words), prog_name="stackduel", standalone_mode=False, obj=words) or 0)
    except click.UsageError as error:
        return _misused(error)
    except (KeyboardInterrupt, click.Abort):
        return _failed("interrupted", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a command ends with a sentence and a status, whatever happened
        return _ended(error, words)


def _ended(error: Exception, words: Sequence[str]) -> int:
    """Print the sentence of an error, and return its exit status."""
    match error:
        case click.ClickException():
            return _failed(error.format_message(), WRONG_INPUT)
        case FieldError() | StoreError() | RegistryError() | ModelError():
            return _failed(str(error), WRONG_INPUT)
        case LaunchError():
            return _failed(str(error), STACK_FAILED)
        case OSError():
            return _failed(of_system(error), WRONG_INPUT)
        case RuntimeError() if _is_homeless():
            return _failed("this user has no home folder: set HOME to a folder that it may write to", WRONG_INPUT)
        case _:
            return _failed(report_crash(error, words), OUR_BUG)


def _is_homeless() -> bool:
    """Return whether nobody knows a home folder: there is no HOME, and the system does not know the user."""
    try:
        Path.home()
    except RuntimeError:
        return True
    return False


def _failed(reason: str, status: int) -> int:
    from stackduel.report.terminal.page import message, standard_error  # noqa: PLC0415 - rich only where it prints

    message(standard_error(), f"stackduel: {reason}")
    return status


def _misused(error: click.UsageError) -> int:
    """Print the usage of the command and what was wrong, and return the exit status."""
    if error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"All options: {error.ctx.command_path} --help", err=True)
    return _failed(error.format_message(), WRONG_INPUT)
