"""``stackduel runs``: the stored runs of a folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from stackduel.cli import options
from stackduel.report.terminal.history import show_runs
from stackduel.report.terminal.page import standard_output
from stackduel.storage.index import history


@click.command("runs")
@options.suite
@options.limit
@options.out
@options.as_json
def runs_command(suite: str | None, limit: int, out: Path, as_json: bool) -> int:
    """List the stored runs, the newest first."""
    return show(out, suite, limit, standard_output(), as_json=as_json)


def show(results: Path, suite: str | None, limit: int, out: Console, *, as_json: bool) -> int:
    """Print the newest runs, of one suite or of all; return the exit status."""
    stored = history(results)
    entries = [each for each in stored.entries if suite is None or each.suite == suite]
    if as_json:
        content = {
            "runs": [asdict(each) for each in entries[:limit]],
            "unreadable": [asdict(each) for each in stored.unreadable],
        }
        out.file.write(json.dumps(content, indent=1, allow_nan=False) + "\n")
    else:
        show_runs(entries[:limit], max(0, len(entries) - limit), stored.unreadable, out)
    return 0
