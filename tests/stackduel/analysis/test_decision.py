"""The words on an interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.decision import decide, margin
from stackduel.analysis.statistics.intervals import Interval

OPPOSITE = {"faster": "slower", "slower": "faster"}
SETTLED = {"faster", "slower", "equivalent"}


def bounded(low: float, high: float, blocks: int = 5) -> Interval:
    """An interval around the geometric middle of its bounds."""
    return Interval((low * high) ** 0.5, low, high, 0.95, blocks)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Any interval between a hundredth and a hundred."""
    low = draw(st.floats(0.01, 100))
    return bounded(low, low * draw(st.floats(1, 3)))


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.03, 1.10, "faster"),
        (1.01, 1.10, "inconclusive"),
        (1.99, 2.50, "faster"),
        (0.90, 0.97, "slower"),
        (0.90, 0.99, "inconclusive"),
        (0.99, 1.01, "equivalent"),
        (0.97, 1.01, "inconclusive"),
        (0.50, 2.00, "inconclusive"),
    ],
)
def test_the_words_at_the_smallest_margin(low: float, high: float, word: str) -> None:
    """Outside 2 % is a difference, inside is none, and across the line nobody knows."""
    assert decide(bounded(low, high), 0.02, noisy=False) == word


def test_the_margin_is_the_noise_of_twins() -> None:
    """A lead that the A/A pair cannot tell from nothing is no difference, and less than 2 % never is one."""
    twins = bounded(1 / 1.08, 1.08)
    assert margin(twins) == pytest.approx(0.08)
    assert margin(bounded(0.999, 1.001)) == 0.02
    assert decide(bounded(1.05, 1.07), margin(twins), noisy=False) == "equivalent"
    assert margin(bounded(0.999, 1.001), smallest=0.05) == 0.05


def test_without_interval_or_twins_nothing_is_tested() -> None:
    """Too few blocks, or an A/A pair that failed, leave no word to be said."""
    assert margin(None) is None
    assert decide(None, 0.02, noisy=False) == "not tested"
    assert decide(bounded(2, 3), None, noisy=False) == "not tested"


@given(intervals(), st.floats(0, 1))
def test_noise_makes_nothing_faster_or_slower(found: Interval, allowed: float) -> None:
    """With a noisy trial, faster and slower become inconclusive, and equivalent does beyond a margin of 5 %."""
    quiet = decide(found, allowed, noisy=False)
    is_open = quiet in OPPOSITE or (quiet == "equivalent" and allowed > 0.05)
    assert decide(found, allowed, noisy=True) == ("inconclusive" if is_open else quiet)


@given(intervals(), st.floats(0.001, 1))
def test_swapping_the_sides_turns_the_word_around(found: Interval, allowed: float) -> None:
    """A is faster than B exactly when B is slower than A."""
    word = decide(found, allowed, noisy=False)
    swapped = Interval(1 / found.ratio, 1 / found.high, 1 / found.low, 0.95, 5)
    # Rounding may move a bound that lies on the margin itself.
    for edge in (1 + allowed, 1 / (1 + allowed)):
        if edge in (pytest.approx(found.low), pytest.approx(found.high)):
            return
    assert decide(swapped, allowed, noisy=False) == OPPOSITE.get(word, word)


@given(intervals(), st.floats(0.001, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_narrower_interval_never_takes_a_word_back(found: Interval, allowed: float, one: float, other: float) -> None:
    """A verdict that an interval settles is settled likewise by every interval within it."""
    low, high = (found.low + share * (found.high - found.low) for share in sorted((one, other)))
    word = decide(found, allowed, noisy=False)
    if word in SETTLED:
        assert decide(bounded(low, high), allowed, noisy=False) == word


@given(intervals(), st.floats(0.001, 1), st.floats(0, 1))
def test_a_wider_margin_makes_no_difference_larger(found: Interval, allowed: float, more: float) -> None:
    """More noise never makes anything faster or slower, and never unsettles what is equivalent."""
    before, after = decide(found, allowed, noisy=False), decide(found, allowed + more, noisy=False)
    assert after == before or after not in OPPOSITE
    assert before != "equivalent" or after == "equivalent"
