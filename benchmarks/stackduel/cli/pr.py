"""``stackduel pr``: whether the commit at hand is slower than another one, as a comment for a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stackduel.checkouts.worktrees import WORKING_TREE, AskedCommit
from stackduel.cli import commit_options, options
from stackduel.cli.help import Grouped
from stackduel.report.terminal.page import standard_error, standard_output
from stackduel.runner.commit_sides import BASE, HEAD
from stackduel.runner.output import Output
from stackduel.runner.pull_request import PullRequest, compare_commits, plan_commits


@click.command("pr", cls=Grouped, groups=commit_options.groups(("base", "head"), ("live", "json", "quiet", "dry-run")))
@click.option("--base", required=True, metavar="COMMIT", help="Commit, branch or tag to compare with, such as main.")
@click.option(
    "--head",
    default=WORKING_TREE,
    show_default=True,
    metavar="COMMIT",
    help="Commit that is compared; '.' is the working tree as it is, uncommitted changes included.",
)
@commit_options.shared
@options.run_as_json
@options.live
@options.dry_run
@click.pass_obj
def pr_command(
    argv: tuple[str, ...],
    /,
    base: str,
    head: str,
    out: Path,
    fail_on: tuple[str, ...],
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    live: bool,
    requests: str | None,
    **chosen: Any,
) -> int:
    """Say whether HEAD is slower than BASE on your own application, as a comment for a pull request."""
    output = Output(standard_output(), standard_error(), as_json, quiet, live)
    sides = AskedCommit(BASE, "--base", base), AskedCommit(HEAD, "--head", head)
    commits, run_options = commit_options.taken(chosen, *sides)
    request = PullRequest(commits, requests, run_options, fail_on, ("stackduel", *argv))
    return plan_commits(request, output) if dry_run else compare_commits(request, out, output).status
