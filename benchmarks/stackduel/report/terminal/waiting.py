"""A line in a terminal that says what is being waited for, and is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from stackduel.report.terminal.page import is_animated


@contextmanager
def waiting(console: Console, text: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on, and yield what changes it; until the end, print nothing else but to the same console."""
    if not is_animated(console):
        yield lambda _: None
        return
    with console.status(text, refresh_per_second=4) as status:
        yield status.update
