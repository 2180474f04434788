"""The verdict on an interval: faster, slower, equivalent or inconclusive.

Where noise leaves no interval to rely on, the signs of the blocks may still show that a stack is faster or slower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, Interval
from stackduel.model.comparison import Verdict

# A smaller difference is not worth a change, even if it is certain.
SMALLEST_MARGIN = 0.02
# Noise widens the A/A pair's interval, too: beyond this margin it may hide any difference.
WIDEST_NOISY_MARGIN = 0.05
# Without a size, a difference must be larger than this in every block.
SMALLEST_UNSIZED = 1.25


def margin(twins: Interval | None, smallest: float = SMALLEST_MARGIN) -> float | None:
    """Return the largest share that counts as no difference: ``smallest``, or the A/A pair's half-width if wider.

    ``twins`` is the interval of the A/A pair, the baseline against itself on the same blocks: the difference that
    this host shows where there is none. None without it.
    """
    return None if twins is None else max(smallest, twins.half_width)


def decide(interval: Interval | None, margin: float | None, *, noisy: bool) -> Verdict:
    """Return the verdict on ``interval``. A ratio within ``margin`` counts as no difference.

    Faster and slower need the whole interval outside ``1 / (1 + margin)`` to ``1 + margin``, equivalent the whole
    interval inside (interval inclusion: W. J. Westlake, Use of confidence intervals in analysis of comparative
    bioavailability trials, Journal of Pharmaceutical Sciences 61, 1972). ``noisy`` says that a trial behind it was
    kept in spite of the host's noise: then it is neither faster nor slower by the interval, and equivalent only within
    ``WIDEST_NOISY_MARGIN``. Without interval or margin:
    not tested.
    """
    if interval is None or margin is None:
        return "not tested"
    lowest, highest = 1 / (1 + margin), 1 + margin
    if interval.low > highest:
        return "inconclusive" if noisy else "faster"
    if interval.high < lowest:
        return "inconclusive" if noisy else "slower"
    if lowest <= interval.low and interval.high <= highest:
        return "inconclusive" if noisy and margin > WIDEST_NOISY_MARGIN else "equivalent"
    return "inconclusive"


def decide_without_size(
    logs: Sequence[float], twins: Sequence[float], taken: float | None
) -> Literal["faster", "slower"] | None:
    """Return faster or slower where every block says so by more than noise can explain, else None.

    ``logs`` and ``twins`` are the log ratios of the candidate and of the A/A pair, noisy blocks included, at least five
    of each. All of ``logs`` have one sign, and the smallest is beyond the largest of ``twins``, beyond
    ``SMALLEST_UNSIZED``, and beyond ``-log(1 - taken)``. ``taken`` is the largest share of the server's cores that
    others took: a baseline that loses it in every block looks slower by ``1 / (1 - taken)``. Without it: None.

    By simulation (tests/truth/test_words_without_size.py) false in at most 0.1 % of tables. The size stays unknown.
    """
    if len(logs) < FEWEST_BLOCKS or len(twins) < FEWEST_BLOCKS or taken is None or taken >= 1:
        return None
    bound = max(*map(abs, twins), math.log(SMALLEST_UNSIZED), -math.log1p(-max(0.0, taken)))
    if min(logs) > bound:
        return "faster"
    return "slower" if max(logs) < -bound else None
