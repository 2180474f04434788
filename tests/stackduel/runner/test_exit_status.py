"""The exit status of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
