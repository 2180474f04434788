"""Screenings with known effects, drawn by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stackduel.analysis.screening.designs import Levels, mirrored, plackett_burman
from stackduel.analysis.screening.linear_model import Observation

Noise = Callable[[np.random.Generator, int], NDArray[np.float64]]


def normal(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Chance with a standard deviation of 1."""
    return draw.normal(0, 1, count)


def screening(
    draw: np.random.Generator,
    effects: Sequence[float],
    *,
    runs: int = 12,
    replicates: int = 4,
    spread: float = 0.05,
    pairs: Mapping[tuple[int, int], float] | None = None,
    noise: Noise = normal,
) -> list[Observation]:
    """The logarithms of a screening whose switches have these effects from off to on.

    ``pairs`` are interactions: half the difference of one switch's effect between the other's on and off. Blocks differ
    by far more than chance, and the host drifts within each; every second block holds the mirror image.
    """
    design = [row[: len(effects)] for row in plackett_burman(runs)]
    found = []
    for block in range(replicates):
        rows = mirrored(tuple(design)) if block % 2 else tuple(design)
        level, drift = draw.normal(0, 0.3), draw.normal(0, spread)
        chance, order = spread * noise(draw, runs), draw.permutation(runs)
        for pair, row in enumerate(rows):
            log = level + drift * (order[pair] / runs - 0.5) + chance[pair] + known_log(row, effects, pairs or {})
            found.append(Observation(block, row, float(log), pair))
    return found


def known_log(row: Levels, effects: Sequence[float], pairs: Mapping[tuple[int, int], float]) -> float:
    """The logarithm of a run without chance."""
    main = sum(level * effect for level, effect in zip(row, effects, strict=True)) / 2
    return main + sum(row[one] * row[other] * effect for (one, other), effect in pairs.items()) / 2
