"""Whether there are blocks enough to find a change of 10 %."""

from __future__ import annotations

from stackduel.analysis.comparisons import compare
from stackduel.analysis.detectable_change import DetectableChange, detectable_change
from stackduel.model.trial import Trial
from tests.stackduel.makers import trial


def results(spread: int, blocks: int) -> list[Trial]:
    """Head alternates around base by so many thousandths; the twin is exactly like it."""
    heads = {block: 1000 + (spread if block % 2 else -spread) for block in range(1, blocks + 1)}
    return [
        trial(name, heads[block] if name == "head" else 1000, block=block)
        for block in heads
        for name in ("base", "base.twin", "head")
    ]


def test_a_small_spread_needs_no_more_than_the_pilot() -> None:
    """Five blocks that agree within a per cent are enough."""
    assert detectable_change(compare(results(5, 5), "base")) == DetectableChange(5, 5)


def test_a_large_spread_needs_more() -> None:
    """With a spread of 5 % five blocks are too few, and as many as it asks for are enough."""
    few = detectable_change(compare(results(50, 5), "base"))
    assert few is not None
    assert not few.is_resolved
    assert few.needed > 20
    assert DetectableChange(few.needed, few.needed).is_resolved


def test_without_an_interval_nothing_is_known() -> None:
    """Below five blocks there is no spread to go by."""
    assert detectable_change(compare(results(50, 4), "base")) is None
