"""The findings of stacks that were stopped, or replaced their workers, under load."""

from __future__ import annotations

from collections.abc import Sequence

from stackduel.analysis.statistics.order_statistics import median
from stackduel.model.findings import Finding
from stackduel.model.search_results.recycling import RecycledRound, Recycling
from stackduel.model.search_results.shutdown import Shutdown, Stop


def stopped(stack: str, scenario: str, stops: Sequence[Stop], grace_s: float) -> Finding:
    """Return the finding of one or more stops of a stack."""
    ended_s = median([each.ended_s for each in stops])
    return Finding(stack, scenario, Shutdown(tuple(stops), grace_s, ended_s))


def recycled(stack: str, scenario: str, rounds: Sequence[RecycledRound]) -> Finding:
    """Return the finding of one or more rounds of a stack."""
    return Finding(stack, scenario, Recycling(tuple(rounds)))
