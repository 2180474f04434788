"""The crossover curve: a candidate's predicted speedup by wait and concurrency, with the measured speedups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackduel.analysis.asymptotic_bounds import StackResources, crossover, crossover_wait_s, predicted_rps
from stackduel.analysis.ceilings import CeilingInputs
from stackduel.model.comparison import Comparison
from stackduel.model.crossover import CrossoverCurve, CrossoverPoint
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Scenario

WAITS_S = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
CONNECTIONS = (1, 10, 50, 100, 256)
# The smallest speedup that a reader notices.
NOTABLE = 1.5
# Predictions of a user's own stacks that are further off than by this factor are not shown.
AGREEING = 1.5


def curves(
    comparisons: Iterable[Comparison],
    scenarios: Sequence[Scenario],
    stacks: Mapping[str, StackFacts],
    means: Mapping[tuple[str, str], CeilingInputs],
) -> tuple[CrossoverCurve, ...]:
    """Return the curves of the candidates with CPU time measured in a closed loop, in the order of the comparisons.

    ``means`` are by (scenario, stack). A curve needs known waits and slots. Of a user's own stacks these are what a
    command line and latencies tell, so their curve must also agree with all that was measured.
    """
    by_candidate: dict[str, dict[str, Comparison]] = {}
    for each in comparisons:
        by_candidate.setdefault(each.candidate, {})[each.scenario] = each
    candidate_curves = []
    for candidate, compared in by_candidate.items():
        points = [
            point
            for scenario in scenarios
            if scenario.name in compared and (point := _point(scenario, compared[scenario.name], means))
        ]
        if points and (_in_registry(stacks, candidate, compared) or all(map(_holds, points))):
            candidate_curves.append(_curve(candidate, points, compared, means))
    return tuple(candidate_curves)


def _in_registry(stacks: Mapping[str, StackFacts], candidate: str, compared: Mapping[str, Comparison]) -> bool:
    names = {candidate, *(each.baseline for each in compared.values())}
    return not any(stacks[name].is_own for name in names)


def _holds(point: CrossoverPoint) -> bool:
    """Return whether a measured speedup is near the predicted one."""
    return 1 / AGREEING <= point.predicted / point.measured <= AGREEING


def _curve(
    candidate: str,
    points: Sequence[CrossoverPoint],
    compared: Mapping[str, Comparison],
    means: Mapping[tuple[str, str], CeilingInputs],
) -> CrossoverCurve:
    # CPU time per request is most precise with the most requests in flight.
    widest = max(points, key=lambda point: point.connections)
    baseline = compared[widest.scenario].baseline
    pair = [_resources(means[widest.scenario, stack]) for stack in (baseline, candidate)]
    before, after = pair[0], pair[1]
    if before is None or after is None:
        raise AssertionError(candidate)
    predicted = crossover(before, after, waits_s=WAITS_S, connections=CONNECTIONS)
    rows = [predicted[start : start + len(CONNECTIONS)] for start in range(0, len(predicted), len(CONNECTIONS))]
    return CrossoverCurve(
        candidate=candidate,
        scenario=widest.scenario,
        waits_s=WAITS_S,
        connections=CONNECTIONS,
        speedups=tuple(tuple(each.speedup for each in row) for row in rows),
        notable_s=tuple(crossover_wait_s(before, after, connections=number, speedup=NOTABLE) for number in CONNECTIONS),
        measured=tuple(points),
    )


def _point(
    scenario: Scenario,
    compared: Comparison,
    means: Mapping[tuple[str, str], CeilingInputs],
) -> CrossoverPoint | None:
    load = scenario.load
    if not isinstance(load, ClosedLoop):
        return None
    rates = []
    for stack in (compared.baseline, compared.candidate):
        shared = means.get((scenario.name, stack))
        capacity = _resources(shared) if shared else None
        if shared is None or capacity is None or not shared.waits_known:
            return None
        rates.append(predicted_rps(capacity, shared.wait_s, load.connections))
    return CrossoverPoint(
        scenario=scenario.name,
        wait_s=means[scenario.name, compared.candidate].wait_s,
        connections=load.connections,
        predicted=rates[1] / rates[0],
        measured=compared.speedup,
        low=compared.low,
        high=compared.high,
    )


def _resources(means: CeilingInputs) -> StackResources | None:
    if not means.cpu_s_per_request or means.cores is None:
        return None
    return StackResources(means.slots, means.cpu_s_per_request, means.cores)
