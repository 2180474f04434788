"""Which candidates of a tuning leak memory: it grew throughout the windows of the confirmation, and went on growing.

Every block of the confirmation starts a fresh server, so that all of them see the same first requests: threads that
start, arenas and pools that fill. What still grew steadily there is measured once more in a window several times as
long, and is a leak only if it keeps growing with the requests.
"""

from __future__ import annotations

from stackduel.analysis.memory_growth import MemoryGrowth, memory_growth, steady_mib
from stackduel.model.aa_pair import is_twin
from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.model.tune_settings import longer_name

# The longer window, in windows of the confirmation.
LONGER_WINDOWS = 5
# Growth below this is not told from the readings' noise.
LEAST_GROWTH_MIB = 1.0
LEAST_GROWTH = 0.02
# A leak takes as much of each request; what has slowed down to less than this share of it was something that fills.
KEPT_GROWTH = 0.5


def suspected_leaks(run: Run) -> dict[str, MemoryGrowth]:
    """Return the growth of each candidate whose memory grew throughout its windows, the fastest candidate first."""
    scenario = run.suite.scenarios[0].name
    candidates = [stack for stack in run.stacks if stack != run.baseline and not is_twin(stack)]
    candidates.sort(key=lambda stack: -sum(each.rate_rps for each in run.trials(scenario, stack)))
    grown = {stack: memory_growth(run.trials(scenario, stack)) for stack in candidates}
    return {stack: growth for stack, growth in grown.items() if growth is not None and _grows_throughout(growth)}


def leaks(run: Run) -> dict[str, str]:
    """Return a sentence for each candidate that leaks memory, by its stack."""
    longer = longer_name(run.suite.scenarios[0].name)
    texts = {
        stack: _leak_text(growth, next(iter(run.trials(longer, stack)), None))
        for stack, growth in suspected_leaks(run).items()
    }
    return {stack: text for stack, text in texts.items() if text is not None}


def _grows_throughout(growth: MemoryGrowth) -> bool:
    least_mib = max(LEAST_GROWTH_MIB, LEAST_GROWTH * growth.first_mib)
    return growth.steady_low is not None and growth.steady_low > least_mib


def _leak_text(growth: MemoryGrowth, longer: Trial | None) -> str | None:
    memory = longer.cost.memory if longer is not None and longer.cost is not None else ()
    if longer is None or len(memory) < 2:
        return (
            f"its memory grew by {growth.grown_mib:.1f} MiB in each window of {growth.requests:,.0f} requests, and to "
            "its end; whether it goes on was not measured"
        )
    requests = longer.measurement.requests
    leaked_mib = growth.grown_mib * requests / growth.requests
    if steady_mib(memory) < KEPT_GROWTH * leaked_mib:
        return None
    return f"its memory grew by {memory[-1].mib - memory[0].mib:.1f} MiB in {requests:,} requests, and to their end"
