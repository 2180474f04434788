"""Which switches are on in which run."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from stackduel.analysis.screening.designs import (
    FEWEST_UNUSED,
    GENERATORS,
    MOST_SWITCHES,
    full_factorial,
    mirrored,
    plackett_burman,
    runs_for,
)


@pytest.mark.parametrize("runs", GENERATORS)
def test_the_columns_of_a_design_are_orthogonal(runs: int) -> None:
    """Each column is on in half of the runs, and no two columns have anything in common: the generators are right."""
    design = np.array(plackett_burman(runs))
    assert design.shape == (runs, runs - 1)
    assert (design.sum(axis=0) == 0).all()
    assert (design.T @ design == runs * np.eye(runs - 1, dtype=int)).all()


@pytest.mark.parametrize("runs", GENERATORS)
def test_a_design_with_its_mirror_image_keeps_pairs_out_of_main_effects(runs: int) -> None:
    """Over both halves no product of two columns resembles a column; in one half alone it does."""
    half = np.array(plackett_burman(runs))
    both = np.array((*plackett_burman(runs), *mirrored(plackett_burman(runs))))
    pairs = list(combinations(range(runs - 1), 2))
    assert all((both.T @ (both[:, one] * both[:, other]) == 0).all() for one, other in pairs)
    assert any((half.T @ (half[:, one] * half[:, other]) != 0).any() for one, other in pairs)


def test_everything_off_is_a_run_and_everything_on_its_mirror_image() -> None:
    """Both ends are among the runs, so that each value of each switch is tried by starting two stacks."""
    design = plackett_burman(12)
    assert set(design[-1]) == {-1}
    assert set(mirrored(design)[-1]) == {1}
    assert len({*design, *mirrored(design)}) == 24


@pytest.mark.parametrize(("switches", "runs"), [(1, 12), (8, 12), (9, 20), (16, 20), (17, 24), (20, 24)])
def test_the_smallest_design_that_leaves_columns_unused_is_taken(switches: int, runs: int) -> None:
    """A design keeps columns without a switch, whose effects are chance."""
    assert runs_for(switches) == runs
    assert runs - 1 - switches >= FEWEST_UNUSED


def test_too_many_switches_are_refused_with_the_bound() -> None:
    """The error says how many switches a design can hold."""
    with pytest.raises(ValueError, match=f"at most {MOST_SWITCHES} switches"):
        runs_for(MOST_SWITCHES + 1)


def test_a_full_factorial_has_every_combination() -> None:
    """Two switches make four runs, from all off to all on."""
    assert full_factorial(2) == ((-1, -1), (-1, 1), (1, -1), (1, 1))
