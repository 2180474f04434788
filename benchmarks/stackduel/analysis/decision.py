"""The verdict on an interval: faster, slower, equivalent or inconclusive, and the blocks that would settle it."""

from __future__ import annotations

from stackduel.analysis.statistics.intervals import Interval
from stackduel.model.comparison import Verdict

# A smaller difference is not worth a change, even if it is certain.
SMALLEST_MARGIN = 0.02
# A forecast looks no further ahead. More blocks than this will not help.
MOST_BLOCKS_TO_SETTLE = 200


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
    kept in spite of the host's noise: then the verdict is never faster or slower. Without interval or margin: not
    tested.
    """
    if interval is None or margin is None:
        return "not tested"
    lowest, highest = 1 / (1 + margin), 1 + margin
    if interval.low > highest:
        return "inconclusive" if noisy else "faster"
    if interval.high < lowest:
        return "inconclusive" if noisy else "slower"
    if lowest <= interval.low and interval.high <= highest:
        return "equivalent"
    return "inconclusive"


def blocks_to_settle(interval: Interval, twins: Interval, *, cap: int, smallest: float = SMALLEST_MARGIN) -> int | None:
    """Return the total of blocks, at most ``cap``, that would settle an inconclusive verdict; None if none do.

    This assumes that ratio and spread, including the A/A pair's, stay the same: a forecast that is right about half
    the time, and too low where the ratio is near a margin. The margin shrinks with the A/A pair's interval. Plan the
    larger run in advance: a run that continues until it has a verdict gets one by chance.
    """
    for blocks in range(interval.blocks, cap + 1):
        allowed = margin(twins.narrowed(blocks), smallest)
        if decide(interval.narrowed(blocks), allowed, noisy=False) != "inconclusive":
            return blocks
    return None


def minutes_to_settle(
    interval: Interval, twins: Interval, *, block_s: float, cap: int, smallest: float = SMALLEST_MARGIN
) -> float | None:
    """Return the minutes that the further blocks of ``blocks_to_settle`` take, at ``block_s`` seconds each."""
    blocks = blocks_to_settle(interval, twins, cap=cap, smallest=smallest)
    return None if blocks is None else (blocks - interval.blocks) * block_s / 60
