"""Whether a comparison has blocks enough to find a change of 10 %, and how many would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stackduel.analysis.conclusion import blocks_after_pilot
from stackduel.model.comparison import Comparison

CHANGE = 0.10
# Intervals of this half-width find the change in at least 98 of 100 runs, with spreads of 2 to 8 % from block to block
# and a pilot of five (tests/truth/test_commit_power.py).
PRECISION = 0.022
MOST_BLOCKS = 1000
OUT_OF_REACH = "on this host launches differ too much for more time to help; wait for a quiet one: --wait-quiet 10m"
# So many times the blocks that there were are no matter of patience, but of the host.
FAR = 10


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """How many ``blocks`` were measured, and how many are ``needed`` to find a change of 10 % almost always."""

    blocks: int
    needed: int

    @property
    def is_resolved(self) -> bool:
        """Whether the blocks are enough."""
        return self.blocks >= self.needed

    @property
    def is_out_of_reach(self) -> bool:
        """Whether a quieter host would help, and more time would not."""
        return self.needed > FAR * self.blocks


def detectable_change(comparisons: Sequence[Comparison]) -> DetectableChange | None:
    """Return what the spread from block to block asks for; None where no comparison has an interval."""
    needed = blocks_after_pilot(comparisons, PRECISION, MOST_BLOCKS)
    if needed is None:
        return None
    return DetectableChange(min(each.blocks for each in comparisons if each.low is not None), needed)
