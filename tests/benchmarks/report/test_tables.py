"""Rows, figures and sentences of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.duration import duration
from benchmarks.record import Run
from benchmarks.report.table import figure, grid, speedup_text, tables
from benchmarks.report.words import headline, matrix_lines, notes, void_lines
from benchmarks.trial import Comparison, Cost, Failure, Place, Result
from benchmarks.verdict import compare
from tests.benchmarks.makers import run, trial


def compared(*results: Result, **tiers: str) -> Run:
    made = run(results, tiers or None)
    return replace(made, comparisons=compare(made.results, made.baseline))


def test_a_row_holds_medians_over_blocks_and_percentiles_of_all_requests() -> None:
    """Rates and costs are medians of the blocks, counts are sums, percentiles come from the merged histogram."""
    results = [trial("slow", requests, block=block) for block, requests in enumerate((100, 400, 120), 1)]
    (table,) = tables(compared(*results, slow="baseline"))
    (row,) = table.rows
    assert (row.rate_rps, row.succeeded) == (60.0, 620)
    assert row.latency.p99 == pytest.approx(100, rel=0.002)
    assert row.cpu_ms_per_request == pytest.approx(1000 * 0.5 / 120)
    assert grid(table, "slow")[1][0][:3] == ("slow", "baseline", "60.0")


def test_a_percentile_of_too_few_requests_is_a_dash() -> None:
    """p99 of 100 requests is a dash beside one of 500, and so is what was not measured."""
    (table,) = tables(compared(trial("slow", 100, cost=None), trial("fast", 500)))
    headings, (slow, fast) = grid(table, "slow")
    assert headings == ("stack", "tier", "req/s", "p50", "p95", "p99", "fail", "CPU", "MiB", "speedup")
    assert slow == ("slow", "baseline", "50.0", "100", "100", "-", "0", "-", "-", "1")
    assert fast == ("fast", "rewrite", "250", "100", "100", "100", "0", "1.00", "64", "5.00x")


def test_a_figure_that_no_stack_has_takes_no_room() -> None:
    """A column of dashes alone is left out."""
    (table,) = tables(compared(trial("slow", 100, cost=None)))
    assert grid(table, "slow")[0] == ("stack", "tier", "req/s", "p50", "p95", "fail", "speedup")


def test_a_failed_stack_has_a_reason_and_no_row() -> None:
    """A stack that was never measured stands below the table with its reason, once."""
    lost = [Failure(Place("fast", "waiting", block), "it died") for block in (1, 2)]
    (table,) = tables(compared(trial("slow", 10), *lost))
    assert [row.stack for row in table.rows] == ["slow"]
    assert table.failures == (("fast", "it died"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.123, "0.12"), (9.87, "9.87"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346")],
)
def test_figures_have_three_significant_digits(value: float | None, text: str) -> None:
    """Small figures keep two decimals, large ones none."""
    assert figure(value) == text


def test_a_speedup_stands_with_its_interval() -> None:
    """The interval is shown where there is one."""
    assert speedup_text(Comparison("s", "a", "b", "rate", 4.0, 3.5, 4.6, 0.95)) == "4.00x (3.50-4.60)"
    assert speedup_text(Comparison("s", "a", "b", "rate", 4.0)) == "4.00x"


def test_the_matrix_has_a_word_for_each_candidate() -> None:
    """A migration gets the matrix's word; what needs none, and a wrong one, are called what they are."""
    tiers = {"slow": "baseline", "none": "settings", "tuned": "code", "fast": "rewrite", "bad": "control"}
    made = compared(
        trial("slow", 10), *(trial(name, 30) for name in ("bad", "fast", "tuned")), trial("none", 10), **tiers
    )
    assert matrix_lines(made) == [
        "none (settings): 1.00x mean over 1 scenario - no benefit",
        "tuned (code): 3.00x mean over 1 scenario - gained without a migration",
        "fast (rewrite): 3.00x mean over 1 scenario - good candidate",
        "bad (control): 3.00x mean over 1 scenario - a wrong migration, shown as a control",
    ]


def test_what_did_not_count_is_told_with_its_reason() -> None:
    """Void attempts and noisy trials are listed, and the notes count them."""
    void = replace(trial("fast", 30), state="void", reason="The generator was full.")
    noisy = replace(trial("fast", 30, block=2), state="noisy", reason="The host was busy.")
    made = compared(trial("slow", 10), trial("slow", 10, block=2), void, noisy)
    assert void_lines(made) == [
        "waiting, fast: of 2 attempts 1 void, 1 noisy. The latest: The host was busy.",
    ]
    assert "A note." in notes(made)
    assert any(note.startswith("1 attempt at a trial did not count") for note in notes(made))
    assert any("no ground for a verdict: trials of fast" in note for note in notes(made))


def test_the_headline_says_when_a_run_is_not_whole() -> None:
    """An interrupted run says how much of it was measured."""
    whole = compared(trial("slow", 10), trial("fast", 10))
    assert headline(whole) == "quick: 2 stacks, 1 scenario, 1 block, seed 7"
    part = replace(compared(trial("slow", 10)), status="interrupted")
    assert headline(part).endswith("; interrupted: 1 of 2 trials measured")


def test_cost_is_divided_by_what_succeeded() -> None:
    """CPU per request counts successes; without any it is unknown."""
    assert trial("slow", 100, cost=Cost(1.0, 10)).cpu_ms_per_request == pytest.approx(10)
    assert trial("slow", 0, failed=5, cost=Cost(1.0, 10)).cpu_ms_per_request is None


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4 s"), (75, "1 min 15 s"), (7500, "2 h 5 min")])
def test_durations_are_said_as_a_person_says_them(seconds: float, text: str) -> None:
    """Seconds, minutes and hours."""
    assert duration(seconds) == text
