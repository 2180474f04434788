"""Simulated comparisons of two commits: a pilot fixes the number of launches, and a verdict follows.

The logarithm of head over base is normal from launch to launch, with a known mean and standard deviation; that of the
twin over base has the same spread and shares the base, as in a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stackduel.analysis.decision import decide, margin
from stackduel.analysis.detectable_change import CHANGE, PRECISION
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, blocks_for, interval
from stackduel.model.comparison import Verdict
from stackduel.planning.commit_suite import MOST_LAUNCHES

# A request that takes 10 % longer.
SLOWER = 1 / (1 + CHANGE)
SPREADS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08)
FOUND = 0.98
FALSE = 0.05


def verdicts(spread: float, ratio: float, runs: int, seed: int) -> Iterator[Verdict]:
    """Yield the verdict on head in so many runs; ``spread`` is that of the log ratio from launch to launch."""
    draw = np.random.default_rng(seed)
    for _ in range(runs):
        base, twin, head = draw.normal(0, spread / math.sqrt(2), (3, MOST_LAUNCHES))
        yield _verdict(head - base + math.log(ratio), twin - base)


def _verdict(heads: NDArray[np.float64], twins: NDArray[np.float64]) -> Verdict:
    pilot = [interval(list(logs[:FEWEST_BLOCKS])) for logs in (heads, twins)]
    launches = blocks_for(PRECISION, [each.spread for each in pilot if each], cap=MOST_LAUNCHES)
    return decide(interval(list(heads[:launches])), margin(interval(list(twins[:launches]))), noisy=False)
