"""The command line: ``stackduel``, and ``python -m stackduel``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from stackduel.cli import groups
from stackduel.model.errors import FieldError, LaunchError
from stackduel.report.terminal.page import message, standard_error
from stackduel.storage.run_folder import StoreError
from stackduel_servers.models.store import ModelError
from stackduel_servers.registry import RegistryError

WRONG_INPUT = 2
STACK_FAILED = 3
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a condition met, 2 wrong usage or input, 3 a stack failed, 130 interrupted."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit status; every error of the user's is told on standard error."""
    try:
        # The arguments go with the context, as a run stores the command that repeats it.
        status = groups.commands.main(args=list(argv), prog_name="stackduel", standalone_mode=False, obj=tuple(argv))
    except click.UsageError as error:
        return _misused(error)
    except (click.ClickException, FieldError, StoreError, RegistryError, ModelError) as error:
        return _wrong(error.format_message() if isinstance(error, click.ClickException) else str(error), WRONG_INPUT)
    except LaunchError as error:
        return _wrong(str(error), STACK_FAILED)
    except (KeyboardInterrupt, click.Abort):
        return _wrong("interrupted", INTERRUPTED)
    return int(status or 0)


def _wrong(told: str, status: int) -> int:
    message(standard_error(), f"stackduel: {told}")
    return status


def _misused(error: click.UsageError) -> int:
    """How the command is used, where more is to be read, and what was wrong."""
    if error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"All options: {error.ctx.command_path} --help", err=True)
    return _wrong(error.format_message(), WRONG_INPUT)
