"""The stacks of a plan, as its run describes them."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.migration import tier_from
from stackduel.model.aa_pair import TWIN_TIER, is_twin
from stackduel.model.stack import Registered
from stackduel.model.stack_facts import StackFacts
from stackduel.planning.run_plan import RunPlan


def describe_stack(name: str, plan: RunPlan) -> StackFacts:
    """Return the tier, the settings and the waiting slots of a stack."""
    stack, pace = plan.stacks[name], plan.paces[name]
    facts = stack.facts(stack.cores or len(plan.budget.server))
    return replace(
        facts,
        cores=stack.cores,
        tier=_tier(name, plan),
        summary=f"{plan.baseline} once more, as the measure of chance" if is_twin(name) else stack.summary,
        device=plan.device if isinstance(stack.source, Registered) else None,
        waiting_slots=pace.slots if isinstance(stack.source, Registered) else facts.waiting_slots,
        fans_out=pace.fans_out,
        interpreter=stack.interpreter,
        proxy=stack.proxy.words if stack.proxy else None,
    )


def _tier(name: str, plan: RunPlan) -> str:
    """Return what it costs to migrate to a stack from the baseline of this run."""
    if is_twin(name):
        return TWIN_TIER
    if name == plan.baseline:
        return "baseline"
    cores = len(plan.budget.server)
    return tier_from(plan.stacks[name].facts(cores), plan.stacks[plan.baseline].facts(cores))
