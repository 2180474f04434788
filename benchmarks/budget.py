"""Who gets which cores and how much memory, the same for every stack of a run (pure)."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MEMORY_MIB = 1024


@dataclass(frozen=True, slots=True)
class Budget:
    """The cores of the stack under test, of the generator and of the downstream, and the stack's memory.

    ``note`` says in a sentence what the layout means for the numbers, or is empty.
    """

    server: tuple[int, ...]
    generator: tuple[int, ...]
    downstream: tuple[int, ...]
    memory_mib: int = DEFAULT_MEMORY_MIB
    note: str = ""


def divide(cores: tuple[int, ...], memory_mib: int = DEFAULT_MEMORY_MIB) -> Budget:
    """Divide the usable ``cores``: one for the server, the rest for the generator and the downstream.

    Raises ValueError without any core.
    """
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
            )
        case (server, other):
            return Budget((server,), (other,), (other,), memory_mib)
        case (server, generator, downstream):
            return Budget((server,), (generator,), (downstream,), memory_mib)
        case (server, *rest):
            return Budget((server,), tuple(rest[:-1][:4]), (rest[-1],), memory_mib)
    raise AssertionError(cores)
