"""The conclusions of a run: comparisons, bottlenecks, crossover curves, advice, service levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackduel.analysis.advice import advise, advise_each
from stackduel.analysis.bottlenecks import Resources, ceiling_inputs, limits
from stackduel.analysis.ceiling_shares import ceiling_shares
from stackduel.analysis.comparisons import compare
from stackduel.analysis.crossover import curves
from stackduel.analysis.decision import MOST_BLOCKS_TO_SETTLE, SMALLEST_MARGIN, minutes_to_settle
from stackduel.analysis.migration import change_to
from stackduel.analysis.service_levels import slas
from stackduel.analysis.statistics.intervals import Interval, blocks_for
from stackduel.model.aa_pair import is_twin
from stackduel.model.advice import RunAdvice
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Suite
from stackduel_servers.registry import TIERS


def conclude(run: Run, block_s: float | None = None) -> Run:
    """Return the run with all conclusions from its trials; ``block_s`` is the duration of one block."""
    comparisons = compare(run.results, run.baseline, slots_of(run.stacks), fixed_in(run.suite))
    shared = ceiling_inputs(run.results, run.suite.scenarios, run.stacks, _resources(run))
    bound = limits(run.results, run.suite.scenarios, run.stacks, shared)
    comparisons = tuple(replace(each, binds=_binds(each, bound)) for each in comparisons)
    candidates = [each for each in comparisons if not is_twin(each.candidate)]
    return replace(
        run,
        comparisons=comparisons,
        limits=bound,
        curves=curves(candidates, run.suite.scenarios, run.stacks, shared),
        advice=_advice(run, comparisons, block_s),
        ceiling_shares=ceiling_shares(run.results, run.isolated, run.suite.scenarios),
        slas=slas(run.results, run.suite.scenarios, run.stacks),
    )


def slots_of(stacks: Mapping[str, StackFacts]) -> dict[str, int | None]:
    """Return the waiting slots of each stack, None without a limit."""
    return {name: facts.waiting_slots for name, facts in stacks.items()}


def fixed_in(suite: Suite) -> frozenset[str]:
    """Return the scenarios of a suite that end after a fixed number of requests."""
    return frozenset(
        scenario.name
        for scenario in suite.scenarios
        if isinstance(scenario.load, ClosedLoop) and scenario.load.requests is not None
    )


def blocks_after_pilot(comparisons: Sequence[Comparison], precision: float, cap: int) -> int | None:
    """Return the total of blocks that gives every interval the target half-width, at most ``cap``; None without any."""
    tested = _tested(comparisons)
    spreads = [own.spread for each in comparisons if (own := _interval(each, tested))]
    return blocks_for(precision, spreads, cap=cap, comparisons=max(1, tested)) if spreads else None


def _advice(run: Run, comparisons: Sequence[Comparison], block_s: float | None) -> RunAdvice:
    candidates = [each for each in comparisons if not is_twin(each.candidate)]
    baseline = run.stacks[run.baseline]
    changes = {name: change_to(name, facts, baseline) for name, facts in run.stacks.items() if not is_twin(name)}
    ranks = {tier: rank for rank, tier in enumerate(TIERS)}
    minutes = _minutes(comparisons, block_s)
    return RunAdvice(
        run=advise(candidates, changes, ranks, minutes),
        scenarios=advise_each(candidates, changes, ranks, minutes),
    )


def _minutes(comparisons: Sequence[Comparison], block_s: float | None) -> dict[tuple[str, str], float | None]:
    """Return the further minutes that would settle each inconclusive comparison, where they are known."""
    if block_s is None:
        return {}
    tested = _tested(comparisons)
    twins = {each.scenario: _interval(each, tested) for each in comparisons if is_twin(each.candidate)}
    minutes: dict[tuple[str, str], float | None] = {}
    for each in comparisons:
        own, twin = _interval(each, tested), twins.get(each.scenario)
        if each.verdict == "inconclusive" and own and twin and not is_twin(each.candidate):
            smallest = max(SMALLEST_MARGIN, each.resolution)
            minutes[each.scenario, each.candidate] = minutes_to_settle(
                own, twin, block_s=block_s, cap=MOST_BLOCKS_TO_SETTLE, smallest=smallest
            )
    return minutes


def _tested(comparisons: Sequence[Comparison]) -> int:
    return sum(not is_twin(each.candidate) for each in comparisons)


def _interval(each: Comparison, tested: int) -> Interval | None:
    if each.low is None or each.high is None or each.confidence is None:
        return None
    comparisons = 1 if is_twin(each.candidate) else tested
    return Interval(each.speedup, each.low, each.high, each.confidence, each.blocks, comparisons)


def _binds(comparison: Comparison, bound: Sequence[Limit]) -> str | None:
    place = (comparison.scenario, comparison.candidate)
    return next((limit.binds for limit in bound if (limit.scenario, limit.stack) == place), None)


def _resources(run: Run) -> Resources:
    budget = run.environment.budget
    return Resources(len(budget.server), len(budget.downstream)) if budget else Resources(1, 1)
