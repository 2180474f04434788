"""``stackduel bisect``: which commit made the application slower."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.checkouts.worktrees import AskedCommit
from stackduel.cli import commit_options, options
from stackduel.cli.help import Grouped
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner.bisection import Bisection, bisect, plan_bisection
from stackduel.runner.commit_sides import BASE, HEAD
from stackduel.runner.output import Output
from stackduel.runner.pull_request import PullRequest


@click.command("bisect", cls=Grouped, groups=commit_options.groups((), ("quiet", "dry-run")))
@click.argument("good")
@click.argument("bad")
@commit_options.shared
@options.dry_run
@click.pass_obj
def bisect_command(
    argv: tuple[str, ...],
    /,
    good: str,
    bad: str,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    requests: str | None,
    **chosen: Any,
) -> int:
    """Find the first commit after GOOD, up to BAD, that meets a condition of --fail-on."""
    output = Output(standard_output(), standard_error(), quiet=quiet)
    sides = AskedCommit(BASE, "GOOD", good), AskedCommit(HEAD, "BAD", bad)
    commits, run_options = commit_options.taken(chosen, *sides)
    wanted = Bisection(good, bad, PullRequest(commits, requests, run_options, fail_on, ("stackduel", *argv)))
    return plan_bisection(wanted, output) if dry_run else bisect(wanted, out, output)
