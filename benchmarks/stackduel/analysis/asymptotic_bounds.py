"""What slots and CPU predict of two stacks: their speedup against the wait of a request and the concurrency.

Asymptotic bounds of a closed system (E. D. Lazowska, J. Zahorjan, G. S. Graham and K. C. Sevcik, Quantitative System
Performance, 1984, chapter 5): N requests at once, each of which waits Z and takes D seconds of CPU, give at most
N / (Z + D) a second, and k cores at most k / D. N is the lesser of connections and waiting slots. The bounds are
nearly reached, except where they meet, because waits that queue for little else are most of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

LONGEST_WAIT_S = 10.0
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class StackResources:
    """What a stack has to serve with: waiting slots (None for no limit), CPU seconds a request, cores."""

    slots: int | None
    cpu_s_per_request: float
    cores: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Two stacks at one wait and concurrency: requests a second of each, and the candidate's over the baseline's."""

    wait_s: float
    connections: int
    baseline_rps: float
    candidate_rps: float

    @property
    def speedup(self) -> float:
        """Above 1 the candidate is faster."""
        return self.candidate_rps / self.baseline_rps


def predicted_rps(stack: StackResources, wait_s: float, connections: int) -> float:
    """Requests a second that the stack gives ``connections`` clients at most, each request waiting ``wait_s`` seconds.

    Raises ValueError where the CPU time of a request is not above 0, the wait below it, or there is no connection.
    """
    if stack.cpu_s_per_request <= 0 or wait_s < 0 or connections < 1:
        raise ValueError("a request takes CPU time, waits no less than 0 s, and comes over a connection")
    at_once = _at_once(stack, connections)
    return min(at_once / (wait_s + stack.cpu_s_per_request), stack.cores / stack.cpu_s_per_request)


def crossover(
    baseline: StackResources, candidate: StackResources, *, waits_s: Iterable[float], connections: Iterable[int]
) -> tuple[Prediction, ...]:
    """The predictions for every wait at every number of connections, wait by wait; raises as ``predicted_rps``."""
    numbers = tuple(connections)
    return tuple(_prediction(baseline, candidate, wait_s, number) for wait_s in waits_s for number in numbers)


def crossover_wait_s(
    baseline: StackResources,
    candidate: StackResources,
    *,
    connections: int,
    speedup: float,
    longest_s: float = LONGEST_WAIT_S,
) -> float | None:
    """The shortest wait, in seconds up to ``longest_s``, at which the candidate is predicted to be ``speedup`` times as
    fast; None where it never is.

    Raises as ``predicted_rps``.
    """

    def reaches(wait_s: float) -> bool:
        return _prediction(baseline, candidate, wait_s, connections).speedup >= speedup

    if reaches(0.0):
        return 0.0
    # Between the waits at which either stack's bound changes, the speedup only rises or only falls.
    turns = (_turn_s(stack, connections) for stack in (baseline, candidate))
    marks = sorted({0.0, longest_s, *(turn_s for turn_s in turns if 0 < turn_s < longest_s)})
    piece = next(((low_s, high_s) for low_s, high_s in pairwise(marks) if reaches(high_s)), None)
    return _bisected(reaches, *piece) if piece else None


def _bisected(reaches: Callable[[float], bool], low: float, high: float) -> float:
    """Where between ``low``, which does not reach, and ``high``, which does, the change is."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def _prediction(baseline: StackResources, candidate: StackResources, wait_s: float, connections: int) -> Prediction:
    return Prediction(
        wait_s=wait_s,
        connections=connections,
        baseline_rps=predicted_rps(baseline, wait_s, connections),
        candidate_rps=predicted_rps(candidate, wait_s, connections),
    )


def _at_once(stack: StackResources, connections: int) -> int:
    return connections if stack.slots is None else min(stack.slots, connections)


def _turn_s(stack: StackResources, connections: int) -> float:
    """The wait below which CPU is what binds, and above which the number at once is."""
    return (_at_once(stack, connections) / stack.cores - 1) * stack.cpu_s_per_request
