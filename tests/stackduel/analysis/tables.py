"""Tables of blocks with known log ratios: the comparisons and the scores that advice follows from."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from stackduel.analysis.candidates import Migration
from stackduel.analysis.contest import AdviceInputs
from stackduel.analysis.decision import decide
from stackduel.analysis.leads import BlockScores
from stackduel.analysis.statistics.intervals import interval
from stackduel.model.comparison import Comparison
from stackduel_servers.registry import TIERS

BASELINE = "flask-gunicorn"
RANKS = {tier: rank for rank, tier in enumerate(TIERS)}
CHANGES = {
    "flask-gthread": Migration("settings", "Stay on Flask, raise threads from 2 to 256"),
    "flask-gevent": Migration("worker-class", "Stay on Flask, use gevent workers"),
    "quart-hypercorn": Migration("framework", "Move to Quart"),
    "quart-uvicorn": Migration("framework", "Move to Quart on Uvicorn"),
    "fastapi-uvicorn": Migration("rewrite", "Move to FastAPI"),
    "fastapi-blocking": Migration("control", "Block in async def"),
}
# Their mean is zero.
PATTERNS = (
    (-1.2, -0.6, 0.2, 0.4, 1.2),
    (1.1, -1.3, 0.7, -0.6, 0.1),
    (0.3, 1.4, -0.9, -1.0, 0.2),
    (-0.4, 0.5, 1.3, -1.2, -0.2),
)

# Scenario -> stack -> the log ratio to the baseline, block by block.
Table = Mapping[str, Mapping[str, Sequence[float]]]


def blocks(speedup: float, spread: float = 0.01, pattern: int = 0) -> list[float]:
    """Five log ratios around a speedup, with that standard deviation."""
    unit = spread / statistics.stdev(PATTERNS[pattern])
    return [math.log(speedup) + unit * each for each in PATTERNS[pattern]]


def scores_of(table: Table) -> BlockScores:
    """The scores of a table whose baseline has the score 1 in every block."""
    return {
        scenario: {
            stack: dict(enumerate(logs, 1))
            for stack, logs in {**stacks, BASELINE: [0.0] * max(map(len, stacks.values()))}.items()
        }
        for scenario, stacks in table.items()
    }


def comparisons_of(table: Table, margin: float = 0.02) -> list[Comparison]:
    """The comparisons of a table, by verdicts of that margin."""
    tested = sum(len(stacks) for stacks in table.values())
    return [_comparison(scenario, stack, logs, tested, margin) for scenario, stacks in table.items()
            for stack, logs in stacks.items()]  # fmt: skip


def inputs_for(table: Table, block_s: float | None = None) -> AdviceInputs:
    """Return what advice needs besides the comparisons of a table."""
    return AdviceInputs(CHANGES, RANKS, scores_of(table), block_s)


def _comparison(scenario: str, stack: str, logs: Sequence[float], tested: int, margin: float) -> Comparison:
    bounds = interval(logs, tested)
    speedup = math.exp(sum(logs) / len(logs))
    verdict = decide(bounds, margin, noisy=False)
    if bounds is None:
        return Comparison(scenario, BASELINE, stack, "rate", speedup)
    return Comparison(
        scenario, BASELINE, stack, "rate", speedup, bounds.low, bounds.high, 0.95, verdict, blocks=len(logs)
    )


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Every stack in one to three scenarios."""
    return {
        f"s{number}": {
            stack: blocks(draw(st.floats(0.5, 20)), draw(st.floats(0.0, 0.2)), draw(st.integers(0, 3)))
            for stack in CHANGES
        }
        for number in range(draw(st.integers(1, 3)))
    }
