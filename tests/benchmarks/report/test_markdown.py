"""The Markdown report, against a golden file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.report.markdown import escape, render
from benchmarks.trial import Failure, Place, Result
from benchmarks.verdict import compare
from tests.benchmarks.makers import CALLING, WAITING, run, trial

GOLDEN = Path(__file__).with_name("golden.md")


def test_the_report_is_the_golden_one() -> None:
    """Headline, tables, matrix, notes and environment come out exactly as agreed."""
    results: list[Result] = [
        trial("slow", 100),
        trial("fast", 500, failed=2),
        trial("slow", 3, scenario="calling", metric="time", latency_ms=500),
        Failure(Place("fast", "calling", 1), "it died\nwith <b>|pipes|</b>"),
    ]
    made = run(results, scenarios=(WAITING, CALLING))
    made = replace(made, comparisons=compare(made.results, made.baseline))
    assert render(made) == GOLDEN.read_text(encoding="utf-8")


def test_text_from_outside_cannot_become_markup() -> None:
    """Tags, pipes, backticks and line breaks are shown, not obeyed."""
    assert escape("<script>|`x`\n# y") == "&lt;script\\>\\|\\`x\\` \\# y"
