"""The exit status of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackduel.model.findings import Finding
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.trial import Failure, Place
from stackduel.runner.exit_status import STACK_FAILED, exit_status
from tests.stackduel.makers import run, trial


@pytest.mark.parametrize(
    ("failing", "status"),
    [((), 0), (("control",), 0), (("fast",), STACK_FAILED), (("slow.twin",), STACK_FAILED), (("control", "slow"), 3)],
)
def test_the_exit_status_tells_of_stacks_that_failed(failing: tuple[str, ...], status: int) -> None:
    """A control may fail; whatever else could not be measured once is told, even if it was in other blocks."""
    tiers: dict[str, Any] = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite", "control": "control"}
    measured = [trial(name, 5, block=2) for name in tiers]
    void = replace(trial("fast", 5, block=3), state="void")
    lost = [Failure(Place(name, "waiting", 1), "it died") for name in failing]
    assert exit_status(run([*measured, void, *lost], tiers)) == status


@pytest.mark.parametrize(("nothing_right", "status"), [(None, 0), (True, STACK_FAILED)])
def test_a_search_that_got_no_right_answer_has_failed(nothing_right: bool | None, status: int) -> None:
    """No rate that keeps the service level is a result; a server that answers nothing rightly is none."""
    found = Capacity("p99=200ms", confirmed=None, above=None, nothing_right=nothing_right)
    searched = run([], {"slow": "baseline"})
    searched = replace(searched, suite=replace(searched.suite, search=CapacitySettings()))
    assert exit_status(searched.with_finding(Finding("slow", "waiting", found))) == status
