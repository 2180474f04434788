"""Compare two commits of the user's repository: check them out, measure both in the same blocks, comment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.checkouts.worktrees import Checkout
from stackduel.model.errors import LaunchError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.planning.commit_suite import commit_suite
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.report.markdown.pull_request import CommitTitles
from stackduel.runner.commit_output import CommitOutput
from stackduel.runner.commit_sides import BASE, HEAD, CommitRequest, CommitSides, commit_sides
from stackduel.runner.output import Output
from stackduel.runner.request import RunRequest, dry_run
from stackduel.runner.run_context import open_run
from stackduel.runner.session import OpenContext, planned_session


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Two commits, the requests that they are measured on, and the options of the run.

    ``requests`` names a suite or its file, None for the requests of the stacks file; ``command`` is what repeats it.
    """

    commits: CommitRequest
    requests: str | None
    options: RunOptions
    fail_on: Sequence[str] = ()
    command: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MeasuredCommits:
    """How a comparison ended: its exit status, its run, the results of its conditions, and how many seconds it took."""

    status: int
    run: Run
    judged: tuple[ConditionResult, ...]
    took_s: float


def compare_commits(
    request: PullRequest, results: Path, output: Output, open_context: OpenContext = open_run
) -> MeasuredCommits:
    """Measure head against base; the checkouts are removed at the end, whatever ended it.

    Raises FieldError, before anything is started, for wrong commits, files and options, and LaunchError if a side
    cannot have an environment or does not import its own modules.
    """
    began_s = time.monotonic()
    with as_keyboard_interrupt(), commit_sides(request.commits, output.print_line) as sides:
        shown = CommitOutput(
            output.out,
            output.err,
            output.json,
            output.quiet,
            output.live,
            CommitTitles(_title(sides.base), _title(sides.head)),
        )
        session = planned_session(_run_request(request, sides), results, shown, open_context)
        try:
            status = session.measure_alone()
        except LaunchError:
            # A side that cannot run is an answer to the pull request, too.
            shown.comment(session.record)
            raise
    return MeasuredCommits(status, session.record.run, session.record.judged, time.monotonic() - began_s)


def plan_commits(request: PullRequest, output: Output) -> int:
    """Show the plan of a comparison and measure nothing; return the exit status."""
    with as_keyboard_interrupt(), commit_sides(request.commits, output.print_line) as sides:
        return dry_run(_run_request(request, sides), output)


def _run_request(request: PullRequest, sides: CommitSides) -> RunRequest:
    options = replace(
        request.options, stacks=(BASE, HEAD), baseline=BASE, stacks_file=str(sides.stacks_file), suite=request.requests
    )
    suite = commit_suite(sides.own, request.requests)
    return RunRequest(options, request.command, request.fail_on, suite, own=sides.own, notes=sides.notes)


def _title(checkout: Checkout) -> str:
    return f"{checkout.title}: {checkout.subject}"
