"""``stackduel clean``: remove what killed runs left. Local processes end by themselves; containers have a label."""

from __future__ import annotations

from contextlib import closing

import click
from rich.console import Console

from stackduel.containers import engine, ownership
from stackduel.model.counted import counted
from stackduel.report.terminal.page import message, standard_output


@click.command("clean")
def clean_command() -> int:
    """Remove the containers and networks that killed runs left, and unpause containers they paused."""
    return clean(standard_output())


def clean(console: Console) -> int:
    """Remove what no living run owns, and print what it was; return the exit status."""
    with closing(engine.connect()) as client:
        done = ownership.clean(client)
    for line in done:
        message(console, line)
    message(console, f"{counted(len(done), 'left-over')} cleared")
    return 0
