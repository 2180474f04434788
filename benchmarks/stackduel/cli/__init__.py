"""The command line, one module for each command: its options and what it does.

Only this package imports click. It measures through ``runner`` alone and never imports ``load``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from stackduel.cli.groups import commands
from stackduel.model.errors import FieldError, LaunchError, StoreError
from stackduel_servers.models.store import ModelError
from stackduel_servers.registry import RegistryError

WRONG_INPUT = 2
STACK_FAILED = 3
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a condition met, 2 wrong usage or input, 3 a stack failed, 130 interrupted."""
    sys.exit(exit_status(sys.argv[1:] if arguments is None else arguments))


def exit_status(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; print the user's errors on standard error."""
    words = tuple(arguments)
    try:
        # The arguments go with the context, because a run stores the command that repeats it.
        status = commands.main(args=list(words), prog_name="stackduel", standalone_mode=False, obj=words)
    except click.UsageError as error:
        return _misused(error)
    except click.ClickException as error:
        return _failed(error.format_message(), WRONG_INPUT)
    except (FieldError, StoreError, RegistryError, ModelError) as error:
        return _failed(str(error), WRONG_INPUT)
    except LaunchError as error:
        return _failed(str(error), STACK_FAILED)
    except (KeyboardInterrupt, click.Abort):
        return _failed("interrupted", INTERRUPTED)
    return int(status or 0)


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
