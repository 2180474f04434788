"""How much of what a model does alone each stack serves: its share of the in-process ceiling."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from stackduel.analysis.statistics.intervals import interval, log_ratios
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.isolated import IsolatedMeasurement, IsolatedResult
from stackduel.model.suite import Scenario
from stackduel.model.trial import Result, counting_trials


def ceiling_shares(
    results: Iterable[Result], isolated: Iterable[IsolatedResult], scenarios: Sequence[Scenario]
) -> tuple[CeilingShare, ...]:
    """The shares of all stacks in the scenarios that ask one model alone as fast as it goes, in the results' order.

    Within a block, so that a drift of the host's speed cancels out.
    """
    alone = {(each.model, each.block): each.rate_rps for each in isolated if isinstance(each, IsolatedMeasurement)}
    models = dict(_models(scenarios))
    rates: dict[tuple[str, str], dict[int, float]] = {}
    for each in counting_trials(results):
        place = each.place
        if each.rate_rps > 0 and place.scenario in models:
            rates.setdefault((place.scenario, place.stack), {})[place.block] = each.rate_rps
    return tuple(
        share
        for (scenario, stack), by_block in rates.items()
        if (share := _share(scenario, stack, models[scenario], by_block, alone))
    )


def _models(scenarios: Sequence[Scenario]) -> Iterator[tuple[str, str]]:
    for scenario in scenarios:
        model = scenario.workloads[0].model
        if model is not None and len(scenario.workloads) == 1 and scenario.load.metric == "rate":
            yield scenario.name, model


def _share(
    scenario: str, stack: str, model: str, rates: Mapping[int, float], alone: Mapping[tuple[str, int], float]
) -> CeilingShare | None:
    shared = [block for block in sorted(rates) if (model, block) in alone]
    if not shared:
        return None
    ceilings = [alone[model, block] for block in shared]
    logs = log_ratios([rates[block] for block in shared], ceilings)
    bounds = interval(logs)
    return CeilingShare(
        scenario=scenario,
        stack=stack,
        model=model,
        share=math.exp(statistics.fmean(logs)),
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        confidence=bounds.confidence if bounds else None,
        blocks=len(shared),
        ceiling_rps=statistics.geometric_mean(ceilings),
    )
