"""The result of a bisection in the terminal: what is sure, and what is not."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from stackduel.model.comparison import Comparison
from stackduel.report.terminal.bisection_report import BisectionStep, show
from stackduel.search.bisection import CommitJudgement
from tests.stackduel.report.markdown.test_pull_request import compared

(COMPARISON,) = [each for each in compared([900] * 5).comparisons if each.candidate == "head"]


def step(title: str, judgement: CommitJudgement, low: float | None, high: float | None) -> BisectionStep:
    """A commit whose speed lies in an interval."""
    found: Comparison = replace(COMPARISON, speedup=0.9, low=low, high=high)
    return BisectionStep(title, title, judgement, "", 60.0, f"run-{title}", (found,))


def shown(*steps: BisectionStep) -> str:
    """Return what a terminal of 80 columns shows of a bisection that found v3."""
    console = Console(file=io.StringIO(), width=80)
    show(steps, ["v3"], console)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_a_good_commit_that_may_be_as_slow_as_the_bad_one_is_named() -> None:
    """Its interval reaches that of the bad one; one that lies above it is sure."""
    bad = step("v5", "bad", 0.7, 0.83)
    told = shown(bad, step("v1", "good", 0.9, 1.04), step("v2", "good", 0.66, 1.21))
    assert "v2 counts as good, but its interval reaches that of v5" in told
    assert "v1 counts" not in told
    assert "Runs, in the order of the table: run-v5, run-v1, run-v2" in told
    assert "too narrow" not in told


def test_nothing_is_doubted_where_the_speed_is_not_what_is_bad() -> None:
    """Memory, or a percentile, may meet the condition at the same speed; and without an interval nothing is known."""
    good = step("v2", "good", 0.66, 1.21)
    for bad in (step("v5", "bad", 0.95, 1.02), step("v5", "bad", None, None)):
        assert "counts as good" not in shown(bad, good)
