"""The conclusions of a run: comparisons, bottlenecks, crossover curves, advice, service levels, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import filterfalse

from stackduel.analysis.advice import advise, advise_each
from stackduel.analysis.bottlenecks import Resources, ceiling_inputs, limits
from stackduel.analysis.ceiling_shares import ceiling_shares
from stackduel.analysis.comparisons import compare
from stackduel.analysis.contest import AdviceInputs
from stackduel.analysis.crossover import curves
from stackduel.analysis.leads import quiet_scores
from stackduel.analysis.migration import change_to
from stackduel.analysis.request_costs import request_costs
from stackduel.analysis.service_levels import slas
from stackduel.analysis.statistics.intervals import Interval, blocks_for
from stackduel.analysis.stream_rows import by_added_delay
from stackduel.model.aa_pair import is_twin
from stackduel.model.advice import RunAdvice
from stackduel.model.comparison import Comparison, Limit
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import ClosedLoop, Suite
from stackduel.model.trial import Result
from stackduel_servers.registry import TIERS


def conclude(run: Run, block_s: float | None = None) -> Run:
    """Return the run with all conclusions from its trials; ``block_s`` is the duration of one block."""
    measured = _compared(run)
    compared = compare(
        [*measured, *by_added_delay(measured)],
        run.baseline,
        slots_of(run.stacks),
        fixed_in(run.suite),
        windows_in(run.suite),
    )
    by_cpu = {scenario.name for scenario in run.suite.compared if scenario.metric == "event_cpu"}

    def stands_beside(each: Comparison) -> bool:
        return each.metric == "event_delay" and each.scenario in by_cpu

    delays, comparisons = tuple(filter(stands_beside, compared)), tuple(filterfalse(stands_beside, compared))
    shared = ceiling_inputs(run.results, run.suite.compared, run.stacks, _resources(run))
    bound = limits(run.results, run.suite.compared, run.stacks, shared)
    comparisons = tuple(replace(each, binds=_binds(each, bound)) for each in comparisons)
    candidates = [each for each in comparisons if not is_twin(each.candidate)]
    return replace(
        run,
        comparisons=comparisons,
        delays=delays,
        limits=bound,
        curves=curves([each for each in candidates if each.size is None], run.suite.compared, run.stacks, shared),
        advice=_advice(run, comparisons, block_s),
        ceiling_shares=ceiling_shares(run.results, run.isolated, run.suite.scenarios),
        slas=slas(run.results, run.suite.compared, run.stacks),
        costs=request_costs(run.results, run.suite.compared, run.stacks, run.suite.prices),
    )


def _compared(run: Run) -> list[Result]:
    """Return all results but for those of scenarios that are the control of another."""
    controls = {scenario.name for scenario in run.suite.scenarios if scenario.idle_of}
    return [each for each in run.results if each.place.scenario not in controls]


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


def windows_in(suite: Suite) -> dict[str, int]:
    """Return into how many windows a trial is divided, for the scenarios where it is."""
    return {scenario.name: scenario.windows for scenario in suite.scenarios if scenario.windows}


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
    inputs = AdviceInputs(changes, ranks, quiet_scores(_compared(run)), block_s)
    return RunAdvice(run=advise(candidates, inputs), scenarios=advise_each(candidates, inputs))


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
