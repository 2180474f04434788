"""From an interval to a word: faster, slower, equivalent or inconclusive, and what would settle it."""

from __future__ import annotations

from stackduel.analysis.statistics.intervals import Interval
from stackduel.model.comparison import Verdict

# A smaller difference is not worth a change, however surely it is there.
SMALLEST_MARGIN = 0.02


def margin(twins: Interval | None, smallest: float = SMALLEST_MARGIN) -> float | None:
    """What counts as no difference, as a share: ``smallest``, or the half-width of the A/A pair's interval if wider.

    ``twins`` is the interval of the baseline against itself, on the same blocks: what this host makes of no
    difference at all. None without it, as then nobody knows.
    """
    return None if twins is None else max(smallest, twins.half_width)


def decide(found: Interval | None, margin: float | None, *, noisy: bool) -> Verdict:
    """The word on a comparison whose ratio lies in ``found``, where within ``margin`` is no difference.

    Faster and slower need the whole interval outside ``1 / (1 + margin)`` to ``1 + margin``, equivalent the whole
    interval inside (interval inclusion: W. J. Westlake, Use of confidence intervals in analysis of comparative
    bioavailability trials, Journal of Pharmaceutical Sciences 61, 1972). ``noisy`` says that a trial behind it was
    kept in spite of the host's noise: it makes nothing faster or slower. Without interval or margin: not tested.
    """
    if found is None or margin is None:
        return "not tested"
    lowest, highest = 1 / (1 + margin), 1 + margin
    if found.low > highest:
        return "inconclusive" if noisy else "faster"
    if found.high < lowest:
        return "inconclusive" if noisy else "slower"
    if lowest <= found.low and found.high <= highest:
        return "equivalent"
    return "inconclusive"


def blocks_to_settle(found: Interval, twins: Interval, *, cap: int, smallest: float = SMALLEST_MARGIN) -> int | None:
    """The blocks in all, at most ``cap``, with which the verdict would no longer be inconclusive; None if none do.

    It supposes that ratio and spread, the A/A pair's too, stay as they are: a forecast, right about half the time,
    and later where the ratio lies near a margin. The margin shrinks with the A/A pair's interval. Whoever measures
    on until the word is there will find one by chance in the end: the larger run is to be planned as a whole.
    """
    for blocks in range(found.blocks, cap + 1):
        allowed = margin(twins.narrowed(blocks), smallest)
        if decide(found.narrowed(blocks), allowed, noisy=False) != "inconclusive":
            return blocks
    return None


def minutes_to_settle(
    found: Interval, twins: Interval, *, block_s: float, cap: int, smallest: float = SMALLEST_MARGIN
) -> float | None:
    """How many minutes beyond those already measured ``blocks_to_settle`` would take, at ``block_s`` seconds each."""
    blocks = blocks_to_settle(found, twins, cap=cap, smallest=smallest)
    return None if blocks is None else (blocks - found.blocks) * block_s / 60
