"""The finding of clients that left a stack in the middle of their streams."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.findings import Finding
from stackduel.model.search_results.leaving import Leaving, LeavingRound, Noticing
from stackduel.model.search_results.window_effects import MemoryAround
from stackduel.model.stream_figures import LEAST_DELAY_MS


def left_behind(stack: str, scenario: str, rounds: Sequence[LeavingRound]) -> Finding:
    """Return the finding of one or more rounds of a stack."""
    left = sum(each.left for each in rounds)
    found = Leaving(
        rounds=tuple(rounds),
        handler=noticing(left, [each.handler_ms for each in rounds]),
        upstream=noticing(left, [each.upstream_ms for each in rounds]),
        memory=memory_of([each.memory for each in rounds]),
        stayed_p99_ms=median_of_known(each.stayed.p99_ms for each in rounds),
        beside_p99_ms=median_of_known(each.beside.p99_ms for each in rounds),
        delay_ratio=median_of_known(delay_ratio(each.stayed.p99_ms, each.beside.p99_ms) for each in rounds),
    )
    return Finding(stack, scenario, found)


def noticing(left: int, rounds: Sequence[Sequence[float] | None]) -> Noticing | None:
    """Return how soon ``left`` clients of all rounds were noticed; None where a round cannot know."""
    if not left or any(each is None for each in rounds):
        return None
    times_ms = [ms for each in rounds for ms in each or ()]
    median_ms, worst_ms = (statistics.median(times_ms), max(times_ms)) if times_ms else (None, None)
    return Noticing(len(times_ms), left - len(times_ms), median_ms, worst_ms)


def memory_of(rounds: Sequence[MemoryAround | None]) -> MemoryAround | None:
    """Return the medians of the memory of all rounds; None where nobody knows it."""
    known = [each for each in rounds if each is not None]
    if not known:
        return None
    return MemoryAround(
        statistics.median(each.before_mib for each in known),
        statistics.median(each.peak_mib for each in known),
        statistics.median(each.after_mib for each in known),
    )


def delay_ratio(p99_ms: float | None, beside_ms: float | None) -> float | None:
    """Return how many times as long a delay is; what is shorter than an event loop's timer counts as long as that."""
    if p99_ms is None or beside_ms is None:
        return None
    return max(p99_ms, LEAST_DELAY_MS) / max(beside_ms, LEAST_DELAY_MS)
