"""How long stacks take to start, for the length of a plan."""

from __future__ import annotations

from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.planning.estimates import Pace
from stackduel.planning.models import needs_triton

LAUNCH_S = {"local": 1.2, "docker": 3.5, "compose": 0.5, "url": 0.2}
TRITON_S = 4.0


def pace_of(stack: Stack, options: RunOptions, cores: int) -> Pace:
    """Return how long a stack takes to start, and how many requests it can hold waiting at once."""
    launch_s = LAUNCH_S[options.launcher]
    if isinstance(stack.source, Registered):
        entry, start = stack.source.entry, stack.source.options(cores)
        slots = entry.waiting_slots(start.workers, start.threads, start.connections)
        fans_out = entry.holds == "nothing" or "fanout" in entry.app
        return Pace(launch_s + _companion_s(stack), slots, fans_out, cores, stack.reset is not None)
    return Pace(launch_s, cores=cores, fresh=stack.reset is not None)


def _companion_s(stack: Stack) -> float:
    """Return how many seconds longer a Triton takes to start than a server in Python."""
    return TRITON_S if needs_triton(stack) else 0.0
