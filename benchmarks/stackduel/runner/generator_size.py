"""How many of the cores that are left the generator takes: as many as the null server's headroom needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stackduel.load.job import LostPartError
from stackduel.model.counted import counted
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.runner.run_context import RunContext

# So near to the highest null rate is as good: more cores would hardly raise the headroom.
ENOUGH = 0.9


def with_enough_generator(context: RunContext) -> RunContext:
    """Return the context whose generator has the fewest cores that drive the null server about as fast as all of them.

    The null server has the stack's cores, so no stack there answers faster: more cores of the generator could not
    raise the headroom. It is measured on the closed loop with the most connections; where there is none, where it
    cannot be measured, and where the generator has one core only, the generator stays as it is.
    """
    engine, null_rates, scenario = context.engine, context.null_rates, busiest(context.plan.suite.scenarios)
    if engine is None or null_rates is None or engine.shards < 2 or scenario is None:
        return context
    job = context.trial_runner.job_elsewhere(context.plan.baseline, scenario)
    try:
        rates = null_rates.rates_by_shards(job, doublings(engine.shards))
    except (LostPartError, ValueError):
        return context
    if not rates:
        return context
    count = fewest_enough(rates)
    engine.keep(count)
    context.progress.print_line(
        f"The generator takes {counted(count, 'core')}, which drive a server that does nothing at "
        f"{rates[count]:,.0f} requests per second ({', '.join(f'{n}: {rate:,.0f}' for n, rate in rates.items())})."
    )
    budget = replace(context.plan.budget, generator=context.plan.budget.generator[:count])
    return replace(context, plan=replace(context.plan, budget=budget))


def busiest(scenarios: Sequence[Scenario]) -> Scenario | None:
    """Return the closed loop of a duration with the most connections, None without any."""
    closed = [each for each in scenarios if isinstance(each.load, ClosedLoop) and each.load.duration_s is not None]
    return max(closed, key=lambda each: each.load.connections, default=None)


def doublings(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4 and so on, and the most."""
    counts = [1]
    while 2 * counts[-1] < most:
        counts.append(2 * counts[-1])
    return tuple(dict.fromkeys((*counts, most)))


def fewest_enough(rates: Mapping[int, float]) -> int:
    """Return the fewest cores whose rate is about the highest one."""
    enough = ENOUGH * max(rates.values())
    return min(count for count, rate in rates.items() if rate >= enough)
