"""Counts of requests whose server was stopped."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.search_results.losses import Losses
from tests.stackduel.makers import measurement


def test_every_outcome_is_answered_lost_refused_or_other() -> None:
    """A request sent and not answered in full is lost; one nobody accepted is refused; any other answer is neither."""
    outcomes = {"ok": 1, "dropped": 2, "reset": 4, "truncated": 8, "timeout": 16, "refused": 32, "status": 64}
    outcomes |= {"wrong-events": 128}
    failed = sum(outcomes.values()) - 1
    made = replace(measurement([1.0]), outcomes=outcomes, requests=failed + 1, succeeded=1, failed=failed)
    assert Losses.of(made) == Losses(answered=1, lost=158, refused=32, other=64)
    assert Losses.of(made, unconnected=5) == Losses(answered=1, lost=158, refused=37, other=64)
    assert [Losses(9, lost, 0, 0).lost_words for lost in (0, 1, 1200)] == [
        "Lost no request",
        "Lost 1 request",
        "Lost 1,200 requests",
    ]
    assert Losses.sum([Losses(1, 2, 3, 4), Losses(10, 20, 30, 40)]) == Losses(11, 22, 33, 44)
