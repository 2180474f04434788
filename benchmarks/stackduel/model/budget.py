"""Who gets which cores and how much memory, the same for every stack of a run."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MEMORY_MIB = 1024
LEAST_MEMORY_MIB, MOST_MEMORY_MIB = 64, 1_048_576


@dataclass(frozen=True, slots=True)
class Budget:
    """The cores of the stack under test, of the generator and of the downstream, and the stack's memory.

    ``note`` says in a sentence what the layout means for the numbers, or is empty. ``shared`` says that the server was
    to have more than its one core, at the cost of the generator's own where there are too few.
    """

    server: tuple[int, ...]
    generator: tuple[int, ...]
    downstream: tuple[int, ...]
    memory_mib: int = DEFAULT_MEMORY_MIB
    note: str = ""
    shared: bool = False


def divide(cores: tuple[int, ...], memory_mib: int = DEFAULT_MEMORY_MIB, *, shared: bool = False) -> Budget:
    """Divide the usable ``cores``: one for the server, the rest for the generator and the downstream.

    ``shared`` gives the server half of them and at least two, for work that a single core could not show; up to three
    cores it has them all, and the generator and the downstream share its last. Raises ValueError without any core.
    """
    if shared and len(cores) > 1:
        return _shared(cores, memory_mib)
    match cores:
        case ():
            raise ValueError("cores: at least one is needed")
        case (only,):
            return Budget(
                (only,),
                (only,),
                (only,),
                memory_mib,
                "one core: server and generator take it from each other",
                shared,
            )
        case (server, other):
            return Budget((server,), (other,), (other,), memory_mib)
        case (server, generator, downstream):
            return Budget((server,), (generator,), (downstream,), memory_mib)
        case (server, *rest):
            return Budget((server,), tuple(rest[:-1][:4]), (rest[-1],), memory_mib)
    raise AssertionError(cores)


def _shared(cores: tuple[int, ...], memory_mib: int) -> Budget:
    if len(cores) <= 3:
        last = cores[-1:]
        note = (
            f"Server and generator share cores: the server has all {len(cores)}, the generator works on its last. "
            "Each takes time from the other, so how busy the generator and the host were is noted and voids no trial."
        )
        return Budget(cores, last, last, memory_mib, note, shared=True)
    half = len(cores) // 2
    rest = cores[half:]
    return Budget(cores[:half], rest[:-1][:4], rest[-1:], memory_mib, shared=True)
