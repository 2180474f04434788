"""Before and after: the truth is found, the host's part is left out, and what cannot be compared is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conditions.conditions import NO_CONDITIONS
from stackduel.analysis.conditions.metrics import MetricValue, Missing
from stackduel.analysis.conditions.run_metrics import RunMetrics
from stackduel.analysis.history.change_metrics import ComparisonMetrics, conditions_between
from stackduel.analysis.history.changes import RunComparison, StackChange
from stackduel.analysis.history.two_runs import between
from stackduel.model.errors import FieldError
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Failure, Place, Trial
from tests.stackduel.analysis.history.made import NEW, OLD, simulated
from tests.stackduel.makers import WAITING


def changed(found: RunComparison, stack: str = "fast") -> StackChange:
    (change,) = (each for each in found.changes if each.stack == stack)
    return change


@pytest.mark.parametrize(("fast", "word"), [(4.0, "slower"), (6.0, "faster"), (5.0, "equivalent")])
def test_a_change_has_its_word(fast: float, word: str) -> None:
    """Of the stack, beside the baseline; the baseline itself has a raw change and no word."""
    found = between(
        simulated(1, spread=0.004, blocks=12), simulated(2, spread=0.004, blocks=12, fast=fast, host=0.5, run_id=NEW)
    )
    change, baseline = changed(found), changed(found, "slow")
    assert change.verdict == word
    assert change.ratio is not None
    assert change.ratio.value == pytest.approx(fast / 5, rel=0.02)
    assert change.raw.value == pytest.approx(fast / 10, rel=0.2)
    assert (baseline.ratio, baseline.verdict) == (None, "not tested")
    assert baseline.raw.value == pytest.approx(0.5, rel=0.2)
    assert (change.metric, change.old_blocks, change.new_blocks) == ("time", 12, 12)
    assert change.old == pytest.approx(20, rel=0.2)
    (note,) = found.notes
    assert note.startswith("waiting: slow, the baseline, changed to 0.")
    assert "slow.twin" not in {each.stack for each in found.changes}


def test_a_wide_interval_is_never_equivalent() -> None:
    """If the twins differ by up to a half, a change of a tenth is not equivalent."""
    found = changed(between(simulated(1, spread=0.3), simulated(2, spread=0.3, run_id=NEW)))
    assert found.margin is not None
    assert found.margin > 0.3
    assert found.verdict == "inconclusive"


def test_noisy_trials_make_nothing_slower() -> None:
    """As within a run."""
    old, new = simulated(1, spread=0.002), simulated(2, spread=0.002, fast=3.0, run_id=NEW)
    noisy = [replace(each, state="noisy") if isinstance(each, Trial) else each for each in new.results]
    found = changed(between(old, replace(new, results=tuple(noisy))))
    assert (found.verdict, found.noisy) == ("inconclusive", True)


def test_few_blocks_have_no_interval_and_no_word() -> None:
    """The ratio of the geometric means stands alone."""
    found = changed(between(simulated(1, blocks=3), simulated(2, blocks=9, run_id=NEW)))
    assert found.ratio is not None
    assert (found.ratio.low, found.raw.high, found.verdict) == (None, None, "not tested")
    assert found.ratio.value == pytest.approx(1, rel=0.1)


def test_without_a_baseline_in_common_there_is_raw_change_alone() -> None:
    """And a note that says so."""
    old, new = simulated(1), replace(simulated(2, run_id=NEW), baseline="fast")
    found = between(old, new)
    assert found.baseline is None
    assert {each.ratio for each in found.changes} == {None}
    assert found.notes[0].startswith("The baselines differ (slow, fast): there are only raw changes")


def test_a_scenario_that_asks_for_something_else_is_left_out() -> None:
    """By name alone they would be taken for the same; a summary asks for nothing."""
    old = simulated(1)
    other = replace(WAITING, load=ClosedLoop(50, duration_s=2.0), summary="Fifty.")
    fifty = replace(old, suite=replace(old.suite, scenarios=(other,)))
    with pytest.raises(FieldError, match=r"no scenario in common: waiting is left out: the runs differ in load\."):
        between(old, fifty)
    named = replace(old, suite=replace(old.suite, scenarios=(replace(WAITING, name="else"),)))
    with pytest.raises(FieldError, match="no scenario in common: waiting in one, else in the other"):
        between(old, named)
    both = replace(old, suite=replace(old.suite, scenarios=(WAITING, replace(other, name="more"))))
    also = replace(
        old, suite=replace(old.suite, scenarios=(replace(WAITING, summary=""), replace(WAITING, name="more")))
    )
    assert between(both, also).notes == ("more is left out: the runs differ in load.",)


def test_what_must_not_be_merged_is_refused() -> None:
    """Local and container runs, and searches; nor runs without a stack in common."""
    old = simulated(1)
    with pytest.raises(FieldError, match=f"{OLD} was launched by local and {NEW} by docker: local and container runs"):
        between(old, simulated(2, run_id=NEW, launcher="docker"))
    search = replace(old, suite=replace(old.suite, search=CapacitySettings()))
    with pytest.raises(FieldError, match=r"searches \(capacity\): only runs that compare stacks can be compared"):
        between(old, search)
    lost = replace(old, results=(Failure(Place("slow", "waiting", 1), "it died"),))
    with pytest.raises(FieldError, match="no stack in common that was measured in both"):
        between(old, lost)


def test_an_incomplete_run_gets_a_note() -> None:
    """An interrupted run is compared as far as it goes."""
    old = simulated(1)
    found = between(old, replace(simulated(2, run_id=NEW), status="interrupted", planned=90))
    assert f"{NEW} is interrupted: 18 of 90 trials measured." in found.notes


def test_a_twin_that_changes_alone_gets_a_note() -> None:
    """Nothing changed it but the host."""
    old, new = simulated(1, spread=0.001), simulated(2, spread=0.001, run_id=NEW)
    moved = simulated(2, spread=0.001, fast=0.8)
    swapped = [
        replace(each, place=replace(each.place, stack="slow.twin"))
        for each in moved.results
        if each.place.stack == "fast"
    ]
    kept = [each for each in new.results if each.place.stack != "slow.twin"]
    found = between(old, replace(new, results=(*kept, *swapped)))
    assert any("the baseline's twin changed against the baseline (0.8x" in note for note in found.notes)


def test_conditions_ask_for_ratios_and_for_the_new_run() -> None:
    """A regression gate; all other metrics are the new run's."""
    old, new = simulated(1), simulated(2, fast=3.0, run_id=NEW)
    found = between(old, new)
    metrics = ComparisonMetrics(found, RunMetrics(new))
    texts = ("ratio(fast, waiting) < 0.95", "ratio < 0.3", "speedup(fast) < 4", "raw(slow) > 5", "ratio(slow.twin) < 2")
    states = [each.state for each in conditions_between(texts, new).evaluate(metrics)]
    assert states == ["met", "unmet", "met", "unmet", "unknown"]
    ratio = metrics.value("ratio", "fast", "waiting", "ratio")
    change = changed(found)
    assert change.ratio is not None
    assert ratio == MetricValue(change.ratio.value, change.ratio.low, change.ratio.high)
    with pytest.raises(FieldError, match="slow is the baseline: ratio compares"):
        conditions_between(("ratio(slow) < 1",), new)
    assert NO_CONDITIONS.evaluate(metrics) == ()


def test_a_ratio_without_a_baseline_points_to_the_raw_one() -> None:
    """A missing ratio says why it is missing, and what there is instead."""
    old = simulated(1)
    new = replace(simulated(2, run_id=NEW), baseline="slow.twin")
    metrics = ComparisonMetrics(between(old, new), RunMetrics(new))
    assert metrics.value("ratio", "fast", "waiting", "ratio") == Missing(
        "the runs have no measured baseline in common: ask for raw instead"
    )
    assert isinstance(metrics.value("raw", "fast", "waiting", "ratio"), MetricValue)
