"""The cost of requests at given prices: the CPU time that they took, and the memory that had to be there for them.

Of a trial, a million right answers cost

    10^6 * (cpu_s / answers * cpu_hour + peak_gib / rate_rps * gib_hour) / 3600

The memory is its peak, as that much has to be provided for as long as the requests take.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, interval
from stackduel.model.prices import Prices, RequestCost
from stackduel.model.suite import Scenario
from stackduel.model.trial import Result, Trial, trials_by_place

MILLION = 1_000_000
SECONDS_IN_AN_HOUR = 3600
MIB_IN_A_GIB = 1024
NOT_MEASURED = "CPU and memory are not measured, as it runs elsewhere"
NO_ANSWER = "no request was answered rightly"


def request_costs(
    results: Iterable[Result], scenarios: Sequence[Scenario], stacks: Iterable[str], prices: Prices | None
) -> tuple[RequestCost, ...]:
    """Return the cost of each measured stack in each scenario; none without prices."""
    if prices is None:
        return ()
    trials, names = trials_by_place(results), tuple(stacks)
    return tuple(
        _cost(scenario.name, stack, own, prices)
        for scenario in scenarios
        for stack in names
        if (own := trials.get((scenario.name, stack)))
    )


def cost_per_million(trial: Trial, prices: Prices) -> float | None:
    """Return what a million right answers cost at a trial's use of CPU and memory; None where that is not known."""
    cpu_ms = trial.cpu_ms_per_request
    if trial.cost is None or cpu_ms is None or not trial.rate_rps:
        return None
    cpu_s = cpu_ms / 1000 * prices.cpu_hour
    gib_s = trial.cost.memory_peak_mib / MIB_IN_A_GIB / trial.rate_rps * prices.gib_hour
    return MILLION * (cpu_s + gib_s) / SECONDS_IN_AN_HOUR


def _cost(scenario: str, stack: str, trials: Sequence[Trial], prices: Prices) -> RequestCost:
    """Return the geometric mean of the blocks with its interval, of quiet blocks alone where these are enough."""
    quiet = [trial for trial in trials if trial.state == "ok"]
    chosen = quiet if len(quiet) >= FEWEST_BLOCKS else trials
    known = [cost for trial in chosen if (cost := cost_per_million(trial, prices)) is not None]
    if not known:
        elsewhere = all(trial.cost is None for trial in chosen)
        return RequestCost(scenario, stack, 0, reason=NOT_MEASURED if elsewhere else NO_ANSWER)
    if min(known) <= 0:
        # Windows so short that the system's clock saw no CPU time: no logarithm, so no interval.
        return RequestCost(scenario, stack, len(known), statistics.fmean(known))
    logs = [math.log(cost) for cost in known]
    bounds = interval(logs)
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    return RequestCost(scenario, stack, len(known), math.exp(statistics.fmean(logs)), low, high)
