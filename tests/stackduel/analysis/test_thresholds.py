"""Thresholds: the service levels that fail a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.service_levels import ELSEWHERE, TOO_FEW
from stackduel.analysis.thresholds import ThresholdVerdict, judge_thresholds
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from tests.stackduel.report.judged import judged

BROKEN = ServiceLevelResult("s", "a", "rate_rps", 10.0, 6.25, False)
UNKNOWN = ServiceLevelResult("s", "a", "p99_ms", 10.0, None, None, TOO_FEW)
NOT_HERE = ServiceLevelResult("s", "a", "growth_mib", 10.0, None, None, ELSEWHERE)


def tiered(made: Run, stack: str, tier: str) -> Run:
    """The same run with another tier of a stack."""
    return replace(made, stacks={**made.stacks, stack: replace(made.stacks[stack], tier=tier)})


def test_every_broken_threshold_is_named() -> None:
    """A mean over its bound, and memory that grows over its bound, each with the stack, the scenario and the figure."""
    assert judge_thresholds(judged()).sentences == (
        "threshold broken: response on rest: mean <= 18 ms: 20.45 ms",
        "threshold broken: response on plain: mean <= 18 ms: 19.45 ms",
        "threshold broken: memory on api: memory growth <= 1 MiB: 1.53 MiB",
    )


def test_a_level_that_is_no_threshold_fails_nothing() -> None:
    """The same bounds as a promise of the suite are shown, and nothing more."""
    made = judged()
    scenarios = tuple(
        replace(each, sla=tuple(replace(level, threshold=None) for level in each.sla)) for each in made.suite.scenarios
    )
    assert judge_thresholds(replace(made, suite=replace(made.suite, scenarios=scenarios))) == ThresholdVerdict()


def test_a_control_is_not_judged() -> None:
    """It is there to do badly; the twin is the baseline, which is judged already."""
    verdict = judge_thresholds(tiered(judged(), "api", "control"))
    assert {each.stack for each in verdict.broken} == {"rest", "plain"}


@pytest.mark.parametrize(
    ("verdict", "own", "status"),
    [
        (ThresholdVerdict(), 0, 0),
        (ThresholdVerdict(), 3, 3),
        (ThresholdVerdict(broken=(BROKEN,)), 3, 1),
        (ThresholdVerdict(broken=(BROKEN,), unknown=(UNKNOWN,)), 0, 1),
        (ThresholdVerdict(unknown=(UNKNOWN,)), 0, 2),
        (ThresholdVerdict(unknown=(UNKNOWN,)), 3, 3),
        (ThresholdVerdict(elsewhere=(NOT_HERE,)), 0, 0),
    ],
)
def test_the_exit_status(verdict: ThresholdVerdict, own: int, status: int) -> None:
    """1 before the run's own status, and 2 after it; the memory of a server elsewhere fails nothing."""
    assert verdict.status_with(own) == status
