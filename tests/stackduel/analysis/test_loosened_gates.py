"""Bounds that the user loosened are known, and what passed only because of them is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.loosened_gates import loosened_bounds, noted_only, trials_by_looser_bounds
from stackduel.analysis.trial_gates import NOTED_ONLY
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.trial import Gate, HostNoise
from stackduel.report.sections.notes import notes
from stackduel.report.sections.validity import sections
from tests.stackduel.makers import run, trial


def busy(**gates: float) -> Run:
    """A run of three trials; in one of them others used a third of the host."""
    results = [
        replace(trial("slow", 100, block=block), noise=HostNoise(0.0, foreign, 0.0))
        for block, foreign in enumerate((0.02, 0.33, 0.05), 1)
    ]
    return replace(run(results), options=RunOptions(gates=gates))


def validity(made: Run) -> str:
    """Return the report's words on trials that do not count."""
    return " ".join(getattr(block, "text", "") for section in sections(made) for block in section.blocks)


@pytest.mark.parametrize(
    ("gates", "names"),
    [
        ({"foreign_cpu": 0.5, "headroom": 1.5, "sent": 0.9}, ["foreign_cpu", "headroom", "sent"]),
        ({"foreign_cpu": 0.05, "headroom": 3, "sent": 0.999}, []),
        ({"steal_noted": 0.5}, []),
        ({}, []),
    ],
)
def test_a_bound_is_loosened_in_the_direction_of_its_gate(gates: dict[str, float], names: list[str]) -> None:
    """More foreign CPU and less headroom let pass more; a stricter bound is nothing to warn of."""
    assert [each.name for each in loosened_bounds(gates)] == names


def test_the_report_says_which_bounds_were_loosened_and_what_they_let_pass() -> None:
    """Never that all trials passed every check; the notes of every form say it, too."""
    made = busy(foreign_cpu=0.5)
    assert trials_by_looser_bounds(made) == 1
    said = (
        "Bounds of gates were loosened (foreign_cpu 0.5 instead of 0.1): by the method's own bounds 1 trial would not "
        "count."
    )
    assert said in validity(made)
    assert "passed every check" not in validity(made)
    assert said in notes(made)


def test_with_the_method_s_bounds_all_passed_is_said() -> None:
    """A stricter bound changes nothing about it."""
    assert "all 3 trials passed every check" in validity(busy(headroom=3))
    assert trials_by_looser_bounds(busy(headroom=3)) == 0


def test_checks_that_are_only_noted_are_no_passed_ones() -> None:
    """Where server and generator share cores, a failed check is counted."""
    gate = Gate("generator-cpu", True, f"The busiest shard used 90 % of its core. {NOTED_ONLY}")
    made = run([replace(trial("slow", 100), gates=(gate,)), trial("fast", 100)])
    assert noted_only(replace(trial("slow", 100), gates=(gate,))) == ["generator-cpu"]
    assert "1 of them failed one" in validity(made)
    assert "passed every check" not in validity(made)
