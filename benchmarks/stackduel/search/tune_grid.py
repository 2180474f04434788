"""The ways to serve an application that a tuning chooses from: server x worker class x workers x threads.

The sizes are steps of a geometric series: what doubles shows where the curve bends, and the best of it is never far
from the best of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from stackduel.model.application import Application, Interface
from stackduel.model.tune_settings import TuneCandidate

# Threads of a worker: with one it is Gunicorn's sync worker, and many more than these only take turns at the lock.
THREADS = (2, 4, 8, 16, 32, 64)
FEW_THREADS = (1, 4, 16, 64)
MOST_WORKERS_PER_CORE = 16
# As many workers for each core, of servers whose workers hold many requests each.
PER_CORE = (1, 2, 4)


def candidates_for(application: Application, cores: int, connections: int) -> tuple[TuneCandidate, ...]:
    """Return all candidates for the servers that the application's interpreter can import.

    ``connections`` is how many requests arrive at once at most: nothing that could hold more than twice as many is
    worth a try, but for servers without a limit.
    """
    found: list[TuneCandidate] = []
    for server, importable in application.servers.items():
        # Only Gunicorn has worker classes.
        for worker_class in importable.worker_classes or (None,):
            grid = _GRIDS.get((application.interface, server, worker_class))
            found += grid(cores) if grid else ()
    return tuple(each for each in found if each.slots is None or each.slots <= max(2 * connections, cores))


def _name(*parts: object) -> str:
    return "-".join(str(part) for part in parts if part is not None)


def _processes(server: str, worker_class: str | None) -> Callable[[int], Iterator[TuneCandidate]]:
    """Return the grid of workers that hold one request each."""

    def grid(cores: int) -> Iterator[TuneCandidate]:
        for step in range(int(math.log2(MOST_WORKERS_PER_CORE)) + 1):
            workers = cores * 2**step
            yield TuneCandidate(
                _name(server, worker_class, f"w{workers}"), server, worker_class, workers, None, workers
            )

    return grid


def _threads(
    server: str, worker_class: str | None, threads: Sequence[int], per_core: Sequence[int] = (1, 2)
) -> Callable[[int], Iterator[TuneCandidate]]:
    """Return the grid of workers that hold a request for each of their threads."""

    def grid(cores: int) -> Iterator[TuneCandidate]:
        for workers in (each * cores for each in per_core):
            for count in threads:
                name = _name(server, worker_class, f"w{workers}", f"t{count}")
                yield TuneCandidate(name, server, worker_class, workers, count, workers * count)

    return grid


def _events(server: str, worker_class: str | None) -> Callable[[int], Iterator[TuneCandidate]]:
    """Return the grid of workers that hold as many requests as come."""

    def grid(cores: int) -> Iterator[TuneCandidate]:
        for workers in (each * cores for each in PER_CORE):
            yield TuneCandidate(_name(server, worker_class, f"w{workers}"), server, worker_class, workers, None, None)

    return grid


def _one_process(server: str, threads: Sequence[int]) -> Callable[[int], Iterator[TuneCandidate]]:
    """Return the grid of a server that has threads in one process."""

    def grid(_cores: int) -> Iterator[TuneCandidate]:
        for count in threads:
            yield TuneCandidate(_name(server, f"t{count}"), server, None, 1, count, count)

    return grid


_GRIDS: Mapping[tuple[Interface, str, str | None], Callable[[int], Iterator[TuneCandidate]]] = {
    ("wsgi", "gunicorn", "sync"): _processes("gunicorn", "sync"),
    ("wsgi", "gunicorn", "gthread"): _threads("gunicorn", "gthread", THREADS),
    ("wsgi", "gunicorn", "gevent"): _events("gunicorn", "gevent"),
    ("wsgi", "granian", None): _threads("granian", None, FEW_THREADS),
    ("wsgi", "waitress", None): _one_process("waitress", FEW_THREADS[1:]),
    ("asgi", "gunicorn", "asgi"): _events("gunicorn", "asgi"),
    ("asgi", "uvicorn", None): _events("uvicorn", None),
    ("asgi", "hypercorn", None): _events("hypercorn", None),
    ("asgi", "granian", None): _events("granian", None),
}


def narrowed(candidates: Sequence[TuneCandidate], slots: int | None, most: int) -> tuple[TuneCandidate, ...]:
    """Return at most ``most`` candidates: of each kind the one that fits ``slots`` best, then the others that do.

    Too few slots cost more than too many, as what waits in a queue is not worked on. Without ``slots`` every size may
    be the right one, so each kind gives its sizes in turn.
    """
    by_kind: dict[tuple[str, str | None], list[TuneCandidate]] = {}
    for each in candidates:
        by_kind.setdefault(each.kind, []).append(each)
    ordered = [sorted(each, key=lambda one: _misfit(one, slots)) for each in by_kind.values()]
    if slots is None:
        ordered = [_spread(each) for each in ordered]
    turns = [(place, _misfit(one, slots), one) for each in ordered for place, one in enumerate(each)]
    if slots is not None:
        turns = [(min(place, 1), misfit, one) for place, misfit, one in turns]
    chosen = {one.stack for _, _, one in sorted(turns, key=lambda turn: turn[:2])[:most]}
    return tuple(each for each in candidates if each.stack in chosen)


def _misfit(candidate: TuneCandidate, slots: int | None) -> float:
    """Return how far a candidate's slots are from those that are needed, in doublings; processes cost a little."""
    processes = 0.1 * math.log2(candidate.workers)
    if candidate.slots is None or slots is None:
        return processes
    doublings = math.log2(candidate.slots / slots)
    return processes + (doublings if doublings >= 0 else -2 * doublings)


def _spread(sizes: Sequence[TuneCandidate]) -> list[TuneCandidate]:
    """Return the sizes of one kind in an order whose beginnings cover them all: the middle, the ends, the rest."""
    rest = [*sizes]
    order = []
    for place in (len(rest) // 2, 0, len(rest) - 1):
        if sizes[place] in rest:
            order.append(sizes[place])
            rest.remove(sizes[place])
    return order + rest
