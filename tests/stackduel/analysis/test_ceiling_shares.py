"""How much of what a model does alone each stack serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.ceiling_shares import ceiling_shares
from stackduel.model.histogram import Histogram
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement, IsolatedResult
from stackduel.model.suite import OpenLoop, Scenario, Workload
from stackduel.model.trial import Result, Trial
from tests.stackduel.makers import WAITING, trial

ASKING = replace(WAITING, workloads=(Workload("/infer/tiny", "POST", model="tiny"),))


def alone(block: int, rate_rps: float, model: str = "tiny") -> IsolatedMeasurement:
    return IsolatedMeasurement(model, block, 2, 100, 1.0, rate_rps, Histogram.empty())


def blocks(count: int) -> tuple[list[Result], list[IsolatedResult]]:
    """In every block the stack serves 0.8 of what the model does alone, however fast the host is then."""
    speeds = [100 + 20 * block for block in range(1, count + 1)]
    results: list[Result] = [trial("fast", 2 * 8 * speed, block=block) for block, speed in enumerate(speeds, 1)]
    return results, [alone(block, 10.0 * speed) for block, speed in enumerate(speeds, 1)]


def test_a_share_is_that_within_each_block() -> None:
    """An effect on a whole block cancels out: five of them give a share without any spread."""
    results, isolated = blocks(5)
    (share,) = ceiling_shares(results, isolated, [ASKING])
    assert (share.scenario, share.stack, share.model, share.blocks) == ("waiting", "fast", "tiny", 5)
    assert share.share == pytest.approx(0.8)
    assert share.low == pytest.approx(0.8)
    assert share.high == pytest.approx(0.8)
    assert share.confidence == 0.95
    assert 1200 < share.ceiling_rps < 2000


def test_few_blocks_give_a_share_without_bounds() -> None:
    """And blocks in which the model was not measured alone give none."""
    results, isolated = blocks(4)
    (share,) = ceiling_shares(results, [isolated[0], IsolatedFailure("tiny", 2, "died"), *isolated[2:]], [ASKING])
    assert (share.blocks, share.low, share.high, share.confidence) == (3, None, None, None)


@pytest.mark.parametrize(
    "scenario",
    [
        WAITING,
        replace(ASKING, load=OpenLoop(10.0, 2.0)),
        replace(ASKING, workloads=(*ASKING.workloads, Workload("/health"))),
        replace(ASKING, workloads=(replace(ASKING.workloads[0], model="other"),)),
    ],
    ids=["no model", "a given rate", "a mix", "another model"],
)
def test_only_a_model_asked_as_fast_as_it_goes_has_a_ceiling(scenario: Scenario) -> None:
    """A rate that is given, or that other requests share, says nothing of it."""
    results, isolated = blocks(5)
    assert ceiling_shares(results, isolated, [scenario]) == ()


def test_void_trials_have_no_share() -> None:
    """They count for nothing else either."""
    results, isolated = blocks(1)
    void = [replace(each, state="void") for each in results if isinstance(each, Trial)]
    assert ceiling_shares(void, isolated, [ASKING]) == ()
