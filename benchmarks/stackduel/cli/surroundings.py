"""The commands about stacks and the machine: what there is, whether it works, and what is left of it."""

from __future__ import annotations

import click

from stackduel.cli import options
from stackduel.report.terminal.page import standard_error, standard_output


@click.command("list")
@options.stacks_file
def list_command(stacks_file: str | None) -> int:
    """Show all suites and stacks."""
    from stackduel.cli.commands import listing as command  # noqa: PLC0415 - numpy and docker only where needed

    return command.show(stacks_file, standard_output())


@click.command("doctor")
def doctor_command() -> int:
    """Say what this machine can and cannot measure."""
    from stackduel.cli.commands import doctor as command  # noqa: PLC0415

    return command.examine(standard_output(), standard_error())


@click.command("serve")
@options.stacks
@options.stacks_file
def serve_command(stacks: tuple[str, ...] | None, stacks_file: str | None) -> int:
    """Run stacks as local processes on their own ports until Ctrl-C: the classic three, or those of --stacks."""
    from stackduel.cli.commands import serve as command  # noqa: PLC0415

    return command.serve(stacks, stacks_file, standard_output())


@click.command("clean")
def clean_command() -> int:
    """Remove the containers and networks that killed runs left, and wake what they paused."""
    from stackduel.cli.commands import clean as command  # noqa: PLC0415

    return command.clean(standard_output())
