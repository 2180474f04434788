"""Tables of a noisy host whose truth is known, as scores of the baseline, its twin and candidates, block by block.

Each table is an array of shape (2 + candidates, blocks) of log scores, the baseline first and its twin second, beside
the largest share of the server's cores that others took in any of its trials, as a run would have measured it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from stackduel.analysis.decision import decide_without_size

Scores = NDArray[np.float64]
# Draws so many tables of so many candidates and blocks: their scores, and the largest share taken in each.
DrawTables = Callable[[np.random.Generator, int, int, int], tuple[Scores, Scores]]


def lognormal(spread: float) -> DrawTables:
    """Each trial has luck of its own, whose logarithm is normal with this standard deviation."""
    return lambda draw, *shape: (draw.normal(0, spread, _of(*shape)), np.zeros(shape[0]))


def heavy_tailed(spread: float) -> DrawTables:
    """The same standard deviation, by Student's t with three degrees of freedom: now and then a trial is far off."""
    return lambda draw, *shape: (draw.standard_t(3, _of(*shape)) * spread / math.sqrt(3), np.zeros(shape[0]))


def bursts(draw: np.random.Generator, tables: int, candidates: int, blocks: int) -> tuple[Scores, Scores]:
    """Every other trial loses up to 60 % of its core to a burst of others, which the run sees."""
    taken = draw.uniform(0, 0.6, _of(tables, candidates, blocks)) * (draw.random(_of(tables, candidates, blocks)) < 0.5)
    return np.log1p(-taken) + draw.normal(0, 0.05, taken.shape), taken.max(axis=(1, 2))


def drift(draw: np.random.Generator, tables: int, candidates: int, blocks: int) -> tuple[Scores, Scores]:
    """The host speeds up or slows down within each block, and the stacks are measured in random order."""
    places = np.broadcast_to(np.arange(2 + candidates)[None, :, None], _of(tables, candidates, blocks))
    order = draw.permuted(places, axis=1) / (2 + candidates)
    scores = draw.normal(0, 0.3, (tables, 1, blocks)) * order + draw.normal(0, 0.05, order.shape)
    return scores, np.zeros(tables)


def uneven_suffering(draw: np.random.Generator, tables: int, candidates: int, blocks: int) -> tuple[Scores, Scores]:
    """Others take a tenth to a half of the core in every block, and candidates lose less by it than the baseline."""
    taken = draw.uniform(0.1, 0.5, (tables, 1, blocks))
    share = np.concatenate([np.ones((tables, 2, 1)), draw.uniform(0, 1, (tables, candidates, 1))], axis=1)
    scores = np.log1p(-taken * share) + draw.normal(0, 0.02, _of(tables, candidates, blocks))
    return scores, taken.max(axis=(1, 2))


# Equal stacks on hosts of every kind.
EQUAL: Mapping[str, DrawTables] = {
    "lognormal 0.02": lognormal(0.02),
    "lognormal 0.15": lognormal(0.15),
    "t3 0.15": heavy_tailed(0.15),
    "bursts": bursts,
    "drift": drift,
    "uneven suffering": uneven_suffering,
}


def words_of(
    shape: DrawTables, tables: int, candidates: int, *, seed: int, ratio: float = 1.0, blocks: int = 5
) -> Iterator[list[str | None]]:
    """The words on the candidates of each table, of which all are truly ``ratio`` times as fast as the baseline."""
    scores, taken = shape(np.random.default_rng(seed), tables, candidates, blocks)
    scores[:, 2:] += math.log(ratio)
    ratios = (scores[:, 1:] - scores[:, :1]).tolist()
    for (twin, *logs), share in zip(ratios, taken.tolist(), strict=True):
        yield [decide_without_size(each, twin, share) for each in logs]


def false_tables(words: Iterator[list[str | None]]) -> int:
    """Count the tables of equal stacks that call any of them faster or slower."""
    return sum(any(word is not None for word in each) for each in words)


def _of(tables: int, candidates: int, blocks: int) -> tuple[int, int, int]:
    return tables, 2 + candidates, blocks
