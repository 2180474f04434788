"""The speedup of two stacks by wait and concurrency, predicted from their waiting slots and CPU time.

Asymptotic bounds of a closed system (E. D. Lazowska, J. Zahorjan, G. S. Graham and K. C. Sevcik, Quantitative System
Performance, 1984, chapter 5): N requests at once, each of which waits Z and takes D seconds of CPU, give at most
N / (Z + D) a second, and k cores at most k / D. N is the smaller of connections and waiting slots. Real systems nearly
reach the bounds except where the two meet, because most of the time is waiting without a queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

LONGEST_WAIT_S = 10.0
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class StackResources:
    """The resources of a stack: waiting slots (None for no limit), CPU seconds per request, cores."""

    slots: int | None
    cpu_s_per_request: float
    cores: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Two stacks at one wait and concurrency: the requests a second of each, and the speedup of the candidate."""

    wait_s: float
    connections: int
    baseline_rps: float
    candidate_rps: float

    @property
    def speedup(self) -> float:
        """The candidate's rate over the baseline's; above 1 the candidate is faster."""
        return self.candidate_rps / self.baseline_rps


def predicted_rps(stack: StackResources, wait_s: float, connections: int) -> float:
    """Return the most requests a second for ``connections`` clients when each request waits ``wait_s`` seconds.

    Raises ValueError if the CPU time of a request is not above 0, the wait is below 0, or there is no connection.
    """
    if stack.cpu_s_per_request <= 0 or wait_s < 0 or connections < 1:
        raise ValueError("a request needs CPU time above 0, a wait of at least 0 s, and a connection")
    at_once = _at_once(stack, connections)
    return min(at_once / (wait_s + stack.cpu_s_per_request), stack.cores / stack.cpu_s_per_request)


def crossover(
    baseline: StackResources, candidate: StackResources, *, waits_s: Iterable[float], connections: Iterable[int]
) -> tuple[Prediction, ...]:
    """Return the predictions for every wait and every number of connections, wait by wait.

    Raises as ``predicted_rps``.
    """
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
    """Return the shortest wait, in seconds, at which the prediction for the candidate reaches ``speedup``.

    None if it does not reach it up to ``longest_s``. Raises as ``predicted_rps``.
    """

    def reaches(wait_s: float) -> bool:
        return _prediction(baseline, candidate, wait_s, connections).speedup >= speedup

    if reaches(0.0):
        return 0.0
    # Between two waits at which a stack's bound changes, the speedup either only rises or only falls.
    turns = (_turn_s(stack, connections) for stack in (baseline, candidate))
    marks = sorted({0.0, longest_s, *(turn_s for turn_s in turns if 0 < turn_s < longest_s)})
    piece = next(((low_s, high_s) for low_s, high_s in pairwise(marks) if reaches(high_s)), None)
    return _bisected(reaches, *piece) if piece else None


def _bisected(reaches: Callable[[float], bool], low: float, high: float) -> float:
    """Return the wait of the change between ``low``, which does not reach the speedup, and ``high``, which does."""
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
    """Return the wait below which CPU is the limit, and above which the number of requests at once is."""
    return (_at_once(stack, connections) / stack.cores - 1) * stack.cpu_s_per_request
