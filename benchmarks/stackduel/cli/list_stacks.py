"""``stackduel list``: every suite and every stack, with its tier and its port; or every switch."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from stackduel.cli import options
from stackduel.model.stack import Registered, Stack
from stackduel.planning.registry import registered_stacks
from stackduel.planning.stacks_file import read_own_file
from stackduel.planning.suites_by_name import read_suite, suite_names
from stackduel.report.terminal.page import ASIDE, Page, standard_output
from stackduel_servers.switches import SWITCHES


@click.command("list")
@options.stacks_file
@click.option("--switches", is_flag=True, help="Show all switches with their variables.")
def list_command(stacks_file: str | None, *, switches: bool) -> int:
    """Show all suites and stacks, or all switches."""
    return show_switches(standard_output()) if switches else show(stacks_file, standard_output())


def show_switches(console: Console) -> int:
    """Print each switch with its variable, its values and where it has an effect; return the exit status."""
    page = Page(console)
    page.heading("Switches")
    for switch in SWITCHES:
        page.line(f"  {switch.name}: {switch.variable} {switch.off} (off), {switch.on} (on)")
        page.paragraph(f"{switch.title}; on {switch.where}", first="    ", style=ASIDE)
    return 0


def show(stacks_file: str | None, console: Console) -> int:
    """Print the suites and the stacks; return the exit status."""
    own = read_own_file(Path(stacks_file)).stacks if stacks_file else {}
    page = Page(console)
    page.heading("Suites")
    for name in suite_names():
        page.line(f"  {name}")
        page.paragraph(read_suite(name).summary, first="    ", style=ASIDE)
    page.line()
    page.heading("Stacks")
    for stack in (*registered_stacks().values(), *own.values()):
        page.line(f"  {_title(stack)}")
        page.paragraph(stack.summary, first="    ", style=ASIDE)
    return 0


def _title(stack: Stack) -> str:
    where = f", port {stack.source.entry.port}" if isinstance(stack.source, Registered) else ""
    return f"{stack.name} ({stack.tier}{where})"
