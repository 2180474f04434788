"""The cores and the memory of every role, the same for every stack of a run."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MEMORY_MIB = 1024
LEAST_MEMORY_MIB, MOST_MEMORY_MIB = 64, 1_048_576
MOST_CORES = 1024
# A null server answers on one core what one core of the generator sends: more than this many would only wait.
MOST_GENERATOR_PER_SERVER = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """The cores of the stack under test, of the generator and of the downstream, and the stack's memory.

    ``note`` says in a sentence what the layout means for the numbers, or is empty. ``shared`` says that the server may
    have the generator's cores, too, where there are too few for both; ``asked`` is how many cores the user wanted the
    server to have, None where nobody asked.
    """

    server: tuple[int, ...]
    generator: tuple[int, ...]
    downstream: tuple[int, ...]
    memory_mib: int = DEFAULT_MEMORY_MIB
    note: str = ""
    shared: bool = False
    asked: int | None = None


def divide(
    cores: tuple[int, ...],
    memory_mib: int = DEFAULT_MEMORY_MIB,
    *,
    shared: bool = False,
    asked: int | None = None,
) -> Budget:
    """Divide the usable ``cores``: the first ones for the server, the rest for the generator and the downstream.

    The server has as many as ``asked``, else one, or where cores may be ``shared`` half of them and at least two, for
    work that a single core could not show. The downstream has the last core; the generator has those between, up to
    MOST_GENERATOR_PER_SERVER for each of the server's, and the downstream's where there is none between. If nothing is
    left beside the server, all three share the last core. Raises ValueError for more than ``most_cores``.
    """
    if not cores:
        raise ValueError("cores: at least one is needed")
    count = _usual_cores(len(cores), shared=shared) if asked is None else asked
    most = most_cores(len(cores), shared=shared)
    if not 1 <= count <= most:
        raise ValueError(f"cores: from 1 to {most} of {len(cores)} for the server, not {count}")
    server, rest = cores[:count], cores[count:]
    if not rest:
        last = cores[-1:]
        return Budget(server, last, last, memory_mib, _sharing(len(cores)), shared, asked)
    generator = rest[:-1][: MOST_GENERATOR_PER_SERVER * count] or rest
    return Budget(server, generator, rest[-1:], memory_mib, "", shared, asked)


def most_cores(usable: int, *, shared: bool) -> int:
    """Return how many of so many cores the server can have: all but the generator's one, or all if they are shared."""
    return usable if shared else max(1, usable - 1)


def _usual_cores(usable: int, *, shared: bool) -> int:
    if not shared:
        return 1
    return usable if usable <= 3 else usable // 2


def _sharing(usable: int) -> str:
    """Return what it means that the server and the generator share so many cores."""
    if usable == 1:
        return "one core: server and generator take it from each other"
    return (
        f"Server and generator share cores: the server has all {usable}, the generator works on its last. "
        "Each takes time from the other, so how busy the generator and the host were is noted and voids no trial."
    )
