"""``stackduel list``: every suite and every stack, with the settings that stand beside its figures."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from benchmarks.catalog import read_suite, suite_names
from benchmarks.stacks import Registered, Stack, registered_stacks
from benchmarks.stacks_file import read_own_file


def show(stacks_file: str | None, console: Console) -> int:
    """Print the suites and the stacks; returns the exit status."""
    own = read_own_file(Path(stacks_file)).stacks if stacks_file else {}
    console.print(Text("Suites", style="bold"))
    for name in suite_names():
        console.print(Text.assemble(f"  {name}\n", (f"    {read_suite(name).summary}", "dim")), soft_wrap=True)
    console.print(Text("\nStacks", style="bold"))
    for stack in (*registered_stacks().values(), *own.values()):
        console.print(Text.assemble(f"  {_title(stack)}\n", (f"    {stack.summary}", "dim")), soft_wrap=True)
    return 0


def _title(stack: Stack) -> str:
    where = f", port {stack.source.entry.port}" if isinstance(stack.source, Registered) else ""
    return f"{stack.name} ({stack.tier}{where})"
