"""All stacks in one table, and all service levels in another."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.service_level import ServiceLevelResult
from stackduel.report.sections.all_stacks import MOST_SCENARIOS, overview
from stackduel.report.sections.service_levels import levels
from tests.stackduel.makers import run, trial
from tests.stackduel.report.large import large
from tests.stackduel.report.markdown.test_document import golden_run
from tests.stackduel.report.modelled import modelled


def test_few_scenarios_have_a_column_each() -> None:
    """With speedup, interval and verdict; the twin has no verdict, the baseline no mean."""
    found = overview(golden_run())
    assert found is not None
    by_name = {row[0]: row[1:] for row in found.rows}
    assert found.headings == ("stack", "tier", "waiting", "calling", "mean", "in a word")
    assert by_name["slow"] == ("baseline", "1", "1", "-", "-")
    in_each = ("4.85x (4.71-5.00) faster", "5.00x (4.85-5.16) faster")
    assert by_name["fast"][1:] == (*in_each, "4.9x (4.8-5.1)", "good candidate")
    assert by_name["slow.twin"][1] == "0.99x (0.97-1.01)"


def test_many_scenarios_are_summed_up_by_lowest_highest_and_counts() -> None:
    """And by the mean over all."""
    found = overview(large(stacks=3, scenarios=MOST_SCENARIOS + 1))
    assert found is not None
    assert found.headings[2:4] == ("lowest", "highest")
    assert found.headings[-2:] == ("mean", "in a word")
    # A verdict that no stack got has no column of zeros.
    assert "slower" not in found.headings
    assert set(found.headings[4:-2]) <= {"faster", "equivalent", "inconclusive"}
    counts = [int(cell) for cell in found.rows[1][4:-2]]
    assert sum(counts) == MOST_SCENARIOS + 1


def test_where_nothing_was_compared_there_is_no_table() -> None:
    """A baseline alone has no speedups."""
    assert overview(run([trial("slow", 100)])) is None


def test_every_promise_has_a_row_with_what_was_measured() -> None:
    """Kept, broken, and not told; where all kept it, the worst figure stands for all."""
    found = levels(modelled())
    assert found is not None
    assert found.rows == (
        ("crowd", "p99 <= 100 ms", "all 2 (the most 73.5)", "-", "-"),
        ("crowd", "infer p99 <= 10 ms", "fastapi (8.00)", "-", "triton"),
        ("crowd", "errors <= 0 %", "all 2 (the most 0 %)", "-", "-"),
    )
    broken = ServiceLevelResult("crowd", "fastapi", "errors", 0.01, 0.05, False)
    kept = ServiceLevelResult("crowd", "triton", "errors", 0.01, 0.0, True)
    told = levels(replace(modelled(), slas=(broken, kept)))
    assert told is not None
    assert told.rows == (("crowd", "errors <= 1 %", "triton (0 %)", "fastapi (5 %)", "-"),)
    assert levels(replace(modelled(), slas=())) is None
