"""``stackduel doctor``: what this machine can and cannot measure, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.commands.doctor import containers, gpu, machine, quiet, software
from benchmarks.commands.doctor.finding import Finding, State

STYLES: Mapping[State, str] = MappingProxyType({"good": "green", "limit": "yellow", "missing": "red", "unknown": "dim"})
# Who else is at work is watched before the engine is given any.
CHECKS: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
    ("this machine", machine.findings),
    (f"who else is at work here, for {quiet.WATCHED_S:g} s", quiet.findings),
    ("what is installed", software.findings),
    ("the Docker engine", containers.findings),
    ("the GPUs", gpu.findings),
)


def examine(console: Console) -> int:
    """Print every finding; returns the exit status."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("what", "state", "detail"):
        table.add_column(heading, no_wrap=heading != "detail")
    with console.status("") as status:
        for what, check in CHECKS:
            status.update(f"examining {what}")
            for finding in check():
                table.add_row(Text(finding.name), Text(finding.state, STYLES[finding.state]), Text(finding.detail))
    console.print(table)
    return 0
