"""How often the intervals of a screening hold its known effects, over simulated runs.

No count is compared with a bound of its own: a promise of so many in a hundred is broken where an exact binomial test
rejects it at 1 %.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from stackduel.analysis.screening.linear_model import fit
from tests.stackduel.analysis.screening.simulated import Noise, normal, screening

RUNS = 250
REJECTED = 0.01
EFFECTS = (0.2, -0.1, 0.05, 0.02, 0.0, 0.0, 0.0, 0.0)
PAIRS = {(0, 1): 0.1, (2, 3): -0.05, (4, 5): 0.03}


def heavy(draw: np.random.Generator, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Chance with heavy tails: Student's t of three degrees of freedom."""
    return draw.standard_t(3, count)


def holding(noise: Noise, pairs: dict[tuple[int, int], float], replicates: int, comparisons: int) -> tuple[int, int]:
    """How many of all intervals hold their effect, and how many screenings have all intervals right."""
    alone = together = 0
    for seed in range(RUNS):
        draw = np.random.default_rng(seed)
        found = fit(screening(draw, EFFECTS, replicates=replicates, pairs=pairs, noise=noise))
        assert found is not None
        held = 0
        for number, effect in enumerate(EFFECTS):
            estimate = found.effect([float(each == number) for each in range(len(EFFECTS))])
            assert estimate is not None
            low, high = estimate.bounds(0.95, comparisons)
            held += low <= effect <= high
        alone += held
        together += held == len(EFFECTS)
    return alone, together


@pytest.mark.parametrize("noise", [normal, heavy])
@pytest.mark.parametrize("pairs", [{}, PAIRS], ids=["alone", "interacting"])
@pytest.mark.parametrize("replicates", [2, 4])
def test_the_intervals_of_a_table_hold_all_effects_together(
    noise: Noise, pairs: dict[tuple[int, int], float], replicates: int
) -> None:
    """At least 95 in 100 tables are right in every row, whatever pairs of switches do to each other."""
    _, together = holding(noise, pairs, replicates, len(EFFECTS))
    assert scipy.stats.binomtest(together, RUNS, 0.95, "less").pvalue > REJECTED


def test_one_interval_holds_its_effect_as_often_as_it_says() -> None:
    """An interval of 95 % is neither too narrow nor too wide for normal chance, drift and interactions included."""
    alone, _ = holding(normal, PAIRS, replicates=4, comparisons=1)
    # The effects of a screening share its error, so their number is not that of independent intervals.
    share = alone / (RUNS * len(EFFECTS))
    assert scipy.stats.binomtest(round(share * RUNS), RUNS, 0.95).pvalue > REJECTED


def test_without_mirror_images_interactions_cost_certainty() -> None:
    """As many runs of one half alone have the interactions in their error, and so intervals that tell far less."""
    reaches = {}
    for name, wanted in (("mirrored", range(4)), ("half", range(0, 8, 2))):
        observations = screening(np.random.default_rng(1), EFFECTS, replicates=8, pairs=PAIRS, spread=0.01)
        found = fit([each for each in observations if each.block in wanted])
        assert found is not None
        estimate = found.effect((0, 0, 0, 0, 1, 0, 0, 0))
        assert estimate is not None
        low, high = estimate.bounds(0.95)
        reaches[name] = high - low
    assert reaches["half"] > 3 * reaches["mirrored"]
