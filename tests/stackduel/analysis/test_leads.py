"""How far one stack is ahead of another, and what the blocks could have shown."""

from __future__ import annotations

import math

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.leads import WORTH, Lead, lead, quiet_scores
from tests.stackduel.analysis.tables import BASELINE, blocks, scores_of
from tests.stackduel.makers import trial

LOGS = st.lists(st.floats(-2, 2), min_size=5, max_size=12)


@given(LOGS, st.floats(0.001, 0.2))
def test_a_lead_is_shown_where_a_one_sided_t_test_rejects_a_tenth(logs: list[float], risk: float) -> None:
    """The bound agrees with scipy's own test of the same hypothesis."""
    found = lead(scores_of({"s": {"fast": logs}}), ["s"], "fast", BASELINE, risk)
    assert found is not None
    if (found.spread or 0) > 1e-6:
        p = scipy.stats.ttest_1samp(logs, math.log(WORTH), alternative="greater").pvalue
        assert found.shown is bool(p < risk) or math.isclose(p, risk, rel_tol=1e-6)


def test_stacks_are_paired_with_each_other_and_not_by_way_of_the_baseline() -> None:
    """An effect of a block on both of them cancels out, whatever the baseline did in it."""
    shared = blocks(5.0, spread=0.3)
    table = {"s": {"cheap": shared, "dear": [each + math.log(1.2) for each in shared]}}
    found = lead(scores_of(table), ["s"], "dear", "cheap", 0.05)
    assert found is not None
    assert found.ratio == pytest.approx(1.2)
    assert found.low == pytest.approx(1.2)
    assert found.blocks == 5


def test_fewer_than_five_blocks_with_both_show_nothing() -> None:
    """Noisy trials are no blocks of either."""
    results = [trial(name, rate, block=block) for block in range(1, 6) for name, rate in (("a", 100), ("b", 300))]
    assert lead(quiet_scores(results), ["waiting"], "b", "a", 0.05) is not None
    assert lead(quiet_scores(results[1:]), ["waiting"], "b", "a", 0.05) is None


def test_over_several_scenarios_a_block_is_one_value() -> None:
    """The mean over the scenarios is taken block by block: what rises in one and falls in the other is no spread."""
    opposite = [-each for each in blocks(1.0, 0.2)]
    table = {"one": {"fast": blocks(2.0, 0.2)}, "two": {"fast": [each + math.log(2) for each in opposite]}}
    found = lead(scores_of(table), ["one", "two"], "fast", BASELINE, 0.05)
    assert found is not None
    assert found.low == pytest.approx(2.0)


def test_scenarios_with_different_blocks_are_bounded_each_by_itself() -> None:
    """Where noise hit one block here and another there, the bounds are those of each scenario at half the risk."""
    logs = blocks(2.0, 0.1)
    scores = {
        "one": {"fast": dict(enumerate(logs, 1)), BASELINE: dict.fromkeys(range(1, 6), 0.0)},
        "two": {"fast": dict(enumerate(logs, 3)), BASELINE: dict.fromkeys(range(3, 8), 0.0)},
    }
    found, alone = (
        lead(scores, names, "fast", BASELINE, risk) for names, risk in ((["one", "two"], 0.05), (["one"], 0.025))
    )
    assert found is not None
    assert alone is not None
    assert found.low == pytest.approx(alone.low)
    assert found.high == pytest.approx(alone.high)
    assert found.blocks_to_decide(200) is None


def test_a_gain_of_the_detectable_size_is_just_not_shown() -> None:
    """With the same spread a ratio a little above it is shown, a little below it is not."""
    found = lead(scores_of({"s": {"fast": blocks(1.15, 0.05)}}), ["s"], "fast", BASELINE, 0.05)
    assert found is not None
    for factor, shown in ((0.999, False), (1.001, True)):
        again = scores_of({"s": {"fast": blocks(found.detectable * factor, 0.05)}})
        lead_again = lead(again, ["s"], "fast", BASELINE, 0.05)
        assert lead_again is not None
        assert lead_again.shown is shown


@given(st.floats(0.5, 2), st.floats(0.005, 0.3))
def test_the_forecast_is_the_first_number_of_blocks_that_decides(ratio: float, spread: float) -> None:
    """With the ratio and the spread of five blocks, one block less would leave it open."""
    found = lead(scores_of({"s": {"fast": blocks(ratio, spread)}}), ["s"], "fast", BASELINE, 0.05)
    assert found is not None
    needed = found.blocks_to_decide(200)
    if needed is None:
        return
    assert needed >= 5
    assert found.spread is not None

    def decided(count: int) -> bool:
        reach = scipy.stats.t.ppf(0.95, count - 1) * (found.spread or 0) / math.sqrt(count)
        return bool(reach < abs(math.log(ratio / WORTH)) * (1 + 1e-9))

    assert decided(needed)
    assert needed == 5 or not decided(needed - 1) or math.isclose(ratio, WORTH)


def test_shown_and_excluded_are_opposites() -> None:
    """A lead is shown, excluded or open, and never two of these."""
    for low, high, shown, excluded in ((1.2, 1.3, True, False), (1.0, 1.1, False, True), (1.0, 1.3, False, False)):
        found = Lead(1.15, low, high, 5, 0.05)
        assert (found.shown, found.excluded) == (shown, excluded)
