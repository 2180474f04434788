"""Find the first commit that meets a condition: compare the good one with others, and halve what is left."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.checkouts.git import repository_of, subject_of
from stackduel.checkouts.history import commits_between
from stackduel.checkouts.worktrees import SHORT, WORKING_TREE, AskedCommit
from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.model.errors import FieldError, LaunchError
from stackduel.report.terminal import bisection_report
from stackduel.report.terminal.bisection_report import BisectionStep
from stackduel.runner.commit_sides import BASE, HEAD
from stackduel.runner.exit_status import INTERRUPTED, STACK_FAILED
from stackduel.runner.output import Output
from stackduel.runner.pull_request import MeasuredCommits, PullRequest, compare_commits
from stackduel.runner.run_context import open_run
from stackduel.runner.session import OpenContext
from stackduel.search.bisection import CommitJudgement, FirstBad, most_steps, search_first_bad

NOTHING_BAD = 1


@dataclass(frozen=True, slots=True)
class Bisection:
    """A good and a bad commit; ``each`` is the comparison that is made of every commit between them."""

    good: str
    bad: str
    each: PullRequest


def bisect(wanted: Bisection, results: Path, output: Output, open_context: OpenContext = open_run) -> int:
    """Search the first bad commit and print it with all steps; return the exit status.

    Raises FieldError for wrong commits, files and options.
    """
    repository, commits = _commits(wanted)
    output.print_line(_plan(wanted, commits))
    steps: list[BisectionStep] = []
    search, judgement = search_first_bad(commits), None
    while True:
        try:
            commit = next(search) if judgement is None else search.send(judgement)
        except StopIteration as ended:
            found: FirstBad = ended.value
            break
        step = _judge(wanted, repository, commit, results, output, open_context)
        if step is None:
            bisection_report.show(steps, None, output.out)
            return INTERRUPTED
        steps.append(step)
        output.print_line(f"{step.title}: {step.judgement}: {step.why}")
        judgement = step.judgement
    titles = {step.commit: step.title for step in steps}
    suspects = [titles.get(each) or _title(repository, each) for each in found.suspects]
    if not output.quiet:
        bisection_report.show(steps, suspects, output.out)
    return _status(steps, found)


def plan_bisection(wanted: Bisection, output: Output) -> int:
    """Print which commits there are and how many are measured; measure none."""
    repository, commits = _commits(wanted)
    output.out.print(_plan(wanted, commits), soft_wrap=True, markup=False)
    for commit in commits:
        output.out.print(f"  {_title(repository, commit)}", soft_wrap=True, markup=False)
    return 0


def _commits(wanted: Bisection) -> tuple[Path, tuple[str, ...]]:
    if not wanted.each.fail_on:
        raise FieldError("--fail-on: is needed: it says what is bad, such as 'speedup.high(head) < 0.95'")
    repository = repository_of(wanted.each.commits.folder)
    return repository, commits_between(repository, wanted.good, wanted.bad)


def _plan(wanted: Bisection, commits: Sequence[str]) -> str:
    steps, budget_s = most_steps(len(commits)), wanted.each.options.time_budget_s or 0.0
    return (
        f"{counted(len(commits), 'commit')} after {wanted.good}: at most {counted(steps, 'comparison')}, each within "
        f"{duration(budget_s)}, so about {duration(steps * budget_s)} in all, and more if commits have to be skipped."
    )


def _judge(
    wanted: Bisection, repository: Path, commit: str, results: Path, output: Output, open_context: OpenContext
) -> BisectionStep | None:
    """Compare a commit with the good one; None if the user interrupted that."""
    title, began_s = _title(repository, commit), time.monotonic()
    sides = replace(
        wanted.each.commits, base=AskedCommit(BASE, "GOOD", wanted.good), head=AskedCommit(HEAD, "BAD", commit)
    )
    # What is printed in the end is the result of all; each comment lies in the folder of its run.
    silent = replace(output, out=Console(file=io.StringIO()), json=False)
    try:
        measured = compare_commits(replace(wanted.each, commits=sides), results, silent, open_context)
    except LaunchError as error:
        return BisectionStep(commit, title, "skipped", _first_line(str(error)), time.monotonic() - began_s)
    if measured.status == INTERRUPTED:
        return None
    judgement, why = _judged(measured)
    return BisectionStep(commit, title, judgement, why, measured.took_s, measured.run.run_id, measured.run.comparisons)


def _judged(measured: MeasuredCommits) -> tuple[CommitJudgement, str]:
    """Return what a commit is, and the sentence on it: bad if a condition is met, skipped if that is not known."""
    if measured.status == STACK_FAILED or not measured.judged:
        return "skipped", "it could not be measured to the end"
    by_state: dict[str, ConditionResult] = {each.state: each for each in reversed(measured.judged)}
    if "met" in by_state:
        return "bad", by_state["met"].sentence
    unclear = by_state.get("undecided") or by_state.get("unknown")
    return ("skipped", unclear.sentence) if unclear else ("good", by_state["unmet"].sentence)


def _title(repository: Path, commit: str) -> str:
    if commit == WORKING_TREE:
        return "the working tree"
    return f"{commit[:SHORT]} {subject_of(repository, commit)}"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # A preflight says how many failed first, and then why.
    return " ".join(lines[:2]) if lines else "it could not be started"


def _status(steps: Sequence[BisectionStep], found: FirstBad) -> int:
    if found.suspects:
        return 0
    return STACK_FAILED if steps[-1].judgement == "skipped" else NOTHING_BAD
