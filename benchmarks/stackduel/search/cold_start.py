"""Cold starts: the time from the launch to the first answer, and the first answers against later ones."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from stackduel.analysis.statistics.intervals import interval, log_ratios
from stackduel.analysis.statistics.order_statistics import median
from stackduel.model.findings import Finding
from stackduel.model.search_results.cold_start import ColdStart, Launch, Speedup


def cold_starts(launches: Mapping[str, Sequence[Launch]], baseline: str, scenario: str) -> tuple[Finding, ...]:
    """Return the cold start of each stack in one scenario, compared with the baseline's in the same blocks."""
    compared = sum(1 for name, own in launches.items() if own and name != baseline)
    return tuple(
        Finding(name, scenario, _cold_start(name, own, launches.get(baseline, ()), baseline, compared))
        for name, own in launches.items()
        if own
    )


def _cold_start(
    name: str, launches: Sequence[Launch], baseline: Sequence[Launch], baseline_name: str, comparisons: int
) -> ColdStart:
    cpu = [each.cpu_s for each in launches if each.cpu_s is not None]
    return ColdStart(
        launches=tuple(launches),
        launch_ms=median([each.launch_ms for each in launches]),
        first_ms=median([each.first_ms for each in launches]),
        warm_ms=median([each.warm_ms for each in launches]),
        cpu_s=median(cpu) if cpu else None,
        baseline=baseline_name,
        speedup=None if name == baseline_name else speedup(launches, baseline, comparisons),
    )


def speedup(candidate: Sequence[Launch], baseline: Sequence[Launch], comparisons: int = 1) -> Speedup | None:
    """Return how many times faster the candidate starts, over the blocks with both; None where there are none.

    The geometric mean of the baseline's time over the candidate's within each block, with the Student-t interval of
    its logarithm from five blocks on.
    """
    others = {each.block: each.launch_ms for each in baseline}
    pairs = [(others[each.block], each.launch_ms) for each in candidate if each.block in others]
    if not pairs:
        return None
    logs = log_ratios([one for one, _ in pairs], [other for _, other in pairs])
    bounds = interval(logs, max(1, comparisons))
    ratio = math.exp(statistics.fmean(logs))
    return Speedup(ratio, bounds.low if bounds else None, bounds.high if bounds else None, len(pairs))
