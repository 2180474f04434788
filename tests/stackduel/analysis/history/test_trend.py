"""The trend through many runs: every point at its moment, and a word where they are not to be compared."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.history.run_summary import RunSummary, entry_of
from stackduel.analysis.history.trend import trend
from tests.stackduel.analysis.history.made import simulated


def entry(day: int, *, launcher: str = "local", python: str = "CPython 3.11.7", fast: float = 5.0) -> RunSummary:
    run_id = f"202601{day:02}-000000-quick-aaaa"
    return entry_of(simulated(day, run_id=run_id, launcher=launcher, python=python, fast=fast, spread=0.001), run_id)


def test_points_stand_at_their_moments_in_the_order_of_time() -> None:
    """In any order of the entries; twins have no line."""
    made = trend([entry(2, fast=4.0), entry(3, fast=3.0), entry(1)])
    assert [moment.started[:10] for moment in made.moments] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert [(line.scenario, line.stack) for line in made.lines] == [("waiting", "slow"), ("waiting", "fast")]
    speedups = [round(point.speedup or 0, 1) for point in made.lines[1].points if point]
    assert speedups == [5.0, 4.0, 3.0]
    assert made.scenarios == ("waiting",)


def test_a_run_without_the_stack_leaves_a_gap() -> None:
    """Never a zero; a stack that came later has none before."""
    lacking = entry(2)
    lacking = replace(lacking, points=tuple(point for point in lacking.points if point.stack != "fast"))
    made = trend([entry(1), lacking, entry(3)])
    assert [point is None for point in made.lines[1].points] == [False, True, False]


def test_another_environment_is_listed_at_its_moment() -> None:
    """In what it differs from the run before; another launcher or baseline is no run to be compared with."""
    made = trend([entry(1), entry(2, python="CPython 3.12.0"), entry(3, python="CPython 3.12.0", launcher="docker")])
    first, second, third = made.moments
    assert (first.changed, first.merged) == ((), True)
    assert (second.changed, second.merged) == (("stackduel's own Python: CPython 3.11.7 -> CPython 3.12.0",), True)
    assert (third.changed, third.merged) == (("launcher: local -> docker",), False)
    assert not trend([entry(1), replace(entry(2), baseline="fast")]).moments[1].merged


def test_only_the_stacks_that_were_asked_for_have_lines() -> None:
    """And none where nothing compares."""
    assert [line.stack for line in trend([entry(1)], ["fast"]).lines] == ["fast"]
    searched = replace(entry(1), mode="soak")
    assert trend([searched]).moments == trend([]).moments == ()
