"""Conclusions from a scaling: throughput, speedup and efficiency by cores, and whether there is a curve."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.scaling import scaling_of
from stackduel.model.run import Run
from stackduel.model.search_results.scaling import Scaling
from stackduel.model.trial import Trial
from tests.stackduel.scaled import SCENARIO, scaling_run, settings_for


def found(run: Run, stack: str = "fast") -> Scaling:
    settings = run.suite.search
    result = scaling_of(run, settings, SCENARIO, stack)  # type: ignore[arg-type]
    assert result is not None
    return result


def test_speedups_are_over_one_core_in_the_same_blocks() -> None:
    """Each has its interval, and the efficiency is its part for each core."""
    points = found(scaling_run((1, 2, 4))).points
    assert [each.cores for each in points] == [1, 2, 4]
    assert (points[0].speedup, points[0].low, points[0].efficiency) == (1.0, None, 1.0)
    assert points[2].speedup == pytest.approx(3.48, abs=0.1)
    assert points[2].efficiency == pytest.approx(0.87, abs=0.03)
    assert (points[2].low or 0) < (points[2].speedup or 0) < (points[2].high or 0)


def test_three_numbers_of_cores_give_no_curve_and_the_sentence_says_why() -> None:
    """It names how many are needed, and how many there are."""
    result = found(scaling_run((1, 2, 4)))
    assert result.law is None
    assert result.sentence.endswith("No curve: it takes 4 numbers of cores, each in 5 blocks, and 3 were measured so.")


def test_four_give_the_law() -> None:
    """The host of the run stands at a contention of 5 %."""
    law = found(scaling_run((1, 2, 4, 8))).law
    assert law is not None
    assert law.contention.low <= 0.05 <= (law.contention.high or 1)
    assert law.misfit_p > 0.01


def test_cores_that_the_generator_shares_are_shown_and_do_not_count_for_the_curve() -> None:
    """The generator took time from them."""
    run = scaling_run((1, 2, 4, 8), shared=8)
    result = found(run)
    assert (result.points[-1].shared, result.law) == (True, None)
    assert "3 were measured so (on 8 cores the generator took time from the server)" in result.sentence


def test_noisy_trials_give_no_interval_and_no_curve() -> None:
    """A speedup stands there without an interval, as the host's noise decides it, too."""
    run = scaling_run((1, 2, 4, 8))
    noisy = tuple(replace(each, state="noisy") if isinstance(each, Trial) else each for each in run.results)
    result = found(replace(run, results=noisy))
    assert result.points[-1].speedup is not None
    assert (result.points[-1].low, result.points[-1].noisy, result.law) == (None, 5, None)
    assert "20 trials noisy" in result.sentence


def test_points_off_the_law_are_no_curve() -> None:
    """A leap between two numbers of cores is named as what it is."""
    result = found(scaling_run((1, 2, 4, 8), leap=4))
    assert result.law is None
    assert "do not follow the universal scalability law" in result.sentence


def test_nothing_measured_is_no_result() -> None:
    """As long as an arm has no trial, there is nothing to say of its stack."""
    run = replace(scaling_run((1, 2)), results=())
    assert scaling_of(run, settings_for((1, 2)), SCENARIO, "fast") is None
