"""Effects in blocks, and how sure they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from stackduel.analysis.screening.linear_model import Estimate, Observation, combined, fit
from tests.stackduel.analysis.screening.simulated import screening

EFFECTS = (0.3, -0.2, 0.1, 0.0, 0.05)
ONE = (1, 0, 0, 0, 0)


def test_without_chance_every_effect_is_exact() -> None:
    """Blocks of any height and interactions of any size leave the main effects as they are."""
    draw = np.random.default_rng(1)
    found = fit(screening(draw, EFFECTS, spread=1e-12, pairs={(0, 1): 0.4, (2, 4): -0.3}))
    assert found is not None
    for number, effect in enumerate(EFFECTS):
        estimate = found.effect([float(each == number) for each in range(len(EFFECTS))])
        assert estimate is not None
        assert estimate.value == pytest.approx(effect, abs=1e-9)
    whole = found.effect([1.0] * len(EFFECTS))
    assert whole is not None
    assert whole.value == pytest.approx(sum(EFFECTS), abs=1e-9)


def test_a_design_without_its_mirror_image_mixes_pairs_into_main_effects() -> None:
    """One replicate alone gives effects with parts of two-factor interactions, and says that it cannot tell them."""
    draw = np.random.default_rng(1)
    found = fit(screening(draw, EFFECTS, spread=1e-12, replicates=1, pairs={(0, 1): 0.3}))
    assert found is not None
    assert found.interactions_p is None
    third = found.effect((0, 0, 1, 0, 0))
    assert third is not None
    # A third of the interaction, as every pair is in every other column of twelve runs.
    assert abs(third.value - EFFECTS[2]) == pytest.approx(0.1, abs=1e-9)


def test_interactions_are_told_from_chance() -> None:
    """The chance of the interactions is small where there are some, and any number where there are none."""
    with_some = fit(screening(np.random.default_rng(2), EFFECTS, spread=0.02, pairs={(0, 1): 0.2}))
    assert with_some is not None
    assert with_some.interactions_p is not None
    assert with_some.interactions_p < 0.001
    chances = []
    for seed in range(200):
        without = fit(screening(np.random.default_rng(seed), EFFECTS, spread=0.02))
        assert without is not None
        assert without.interactions_p is not None
        chances.append(without.interactions_p)
    assert scipy.stats.kstest(chances, "uniform").pvalue > 0.01


def test_two_replicates_have_their_unused_columns_as_error() -> None:
    """Twelve runs with eight switches and their mirror image leave three columns, and so three degrees of freedom."""
    found = fit(screening(np.random.default_rng(3), [0.0] * 8, replicates=2))
    assert found is not None
    assert found.freedom == 3
    four = fit(screening(np.random.default_rng(3), [0.0] * 8, replicates=4))
    assert four is not None
    assert four.freedom == 25


def test_runs_that_are_missing_cost_certainty_alone() -> None:
    """Without some runs every effect is still found, with a wider interval."""
    observations = screening(np.random.default_rng(4), EFFECTS, spread=0.01)
    whole, part = fit(observations), fit([each for number, each in enumerate(observations) if number % 7])
    assert whole is not None
    assert part is not None
    for found in (whole, part):
        estimate = found.effect(ONE)
        assert estimate is not None
        low, high = estimate.bounds(0.9999)
        assert low < EFFECTS[0] < high
    assert part.freedom < whole.freedom


def test_a_switch_that_was_never_varied_has_no_effect_to_tell() -> None:
    """An effect that the runs do not determine is None, and the others are found."""
    observations = [Observation(block, (level, 1), 0.1 * level, None) for block in (1, 2, 3) for level in (-1, 1)]
    found = fit(observations)
    assert found is not None
    assert found.effect((0, 1)) is None
    first = found.effect((1, 0))
    assert first is not None
    assert first.value == pytest.approx(0.2)


def test_nothing_measured_is_nothing_fitted() -> None:
    """No run, or no run more than there are unknowns, gives no effect instead of a false one."""
    assert fit([]) is None
    assert fit([Observation(1, (1,), 0.0), Observation(1, (-1,), 1.0)]) is None


def test_the_interval_is_student_s() -> None:
    """The bounds are those of the t distribution, wider where several share the risk."""
    estimate = Estimate(1.0, 0.1, 7)
    low, high = estimate.bounds(0.95)
    assert (low + high) / 2 == pytest.approx(1.0)
    assert (high - low) / 2 == pytest.approx(0.1 * scipy.stats.t.ppf(0.975, 7))
    _, wider = estimate.bounds(0.95, comparisons=10)
    assert wider - 1.0 == pytest.approx(0.1 * scipy.stats.t.ppf(1 - 0.0025, 7))


def test_a_difference_of_two_estimates_has_the_errors_of_both() -> None:
    """Equal errors of equal freedom add up in squares, and so do their degrees of freedom."""
    both = combined(Estimate(0.5, 0.3, 10), Estimate(0.2, 0.3, 10))
    assert both.value == pytest.approx(0.3)
    assert both.error == pytest.approx(0.3 * math.sqrt(2))
    assert both.freedom == pytest.approx(20)
    alone = combined(Estimate(0.5, 0.0, 10), Estimate(0.2, 0.0, 4))
    assert (alone.error, alone.freedom) == (0.0, 4)
