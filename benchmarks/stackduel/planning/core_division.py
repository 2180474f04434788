"""The division of the host's cores that the options ask for, or the sentence that says why it cannot be."""

from __future__ import annotations

import sys

from stackduel.model.budget import DEFAULT_MEMORY_MIB, MOST_MEMORY_MIB, Budget, divide, most_cores
from stackduel.model.counted import counted
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.process.cores import can_pin


def chosen_division(
    options: RunOptions, cores: tuple[int, ...], memory_mib: int = DEFAULT_MEMORY_MIB, *, shared: bool = False
) -> Budget:
    """Return who gets which of the usable ``cores``; ``shared`` says that the suite lets server and generator share.

    Raises FieldError where the servers run already, and where the generator would have no core of its own.
    """
    asked, shared = options.cores, shared or bool(options.shared_cores)
    if asked is not None:
        _refuse(options, asked, len(cores), shared=shared)
    return divide(cores, memory_mib, shared=shared, asked=asked)


def memory_for(memory_mib: int, cores: int | None) -> int:
    """Return the memory of a stack that was meant for one core: each further core has workers of its own."""
    return min(MOST_MEMORY_MIB, memory_mib * (cores or 1))


def unpinned_note(options: RunOptions) -> str | None:
    """Return what it means that local processes cannot be bound to cores here; None where they can."""
    if can_pin() or options.launcher != "local":
        return None
    follow = ""
    if options.cores is not None:
        follow = f"--cores {options.cores} sets the number of workers that follow the cores, and confines nothing. "
    return (
        f"{sys.platform} cannot bind processes to cores: servers and generator disturb each other. {follow}"
        "For a real comparison use --launcher docker."
    )


def _refuse(options: RunOptions, asked: int, usable: int, *, shared: bool) -> None:
    if options.launcher == "url":
        raise FieldError("--cores: a server at a URL runs already, with the cores that it was started with")
    most = most_cores(usable, shared=shared)
    if asked <= most:
        return
    have = f"{counted(usable, 'core')} can be used here"
    larger = f"a host of {asked + 1} cores gives each stack {asked} of its own"
    if asked > usable:
        raise FieldError(f"--cores: at most {most}, as {have}; {larger}")
    raise FieldError(
        f"--cores: at most {most}, as {have} and one of them is the generator's; --shared-cores lets the server have "
        f"all {usable} and the generator work on one of them; {larger}"
    )
