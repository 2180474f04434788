"""The recording of memray: which functions held how much memory when a process held the most."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.profile_samples import Calls, Frame
from stackduel.observe.profiler.local_sampler import INSTALL
from stackduel.observe.profiler.sampler import SamplerError
from stackduel.observe.resources.cgroups import MIB

MOST_CALLS = 200
# What an interpreter allocates before, or without, any Python function.
NOWHERE = Frame("(no Python function)", "", 0)


@dataclass(frozen=True, slots=True)
class HeldMemory:
    """The MiB that each stack of calls held at the peak of its process, over all processes."""

    calls: dict[Calls, float]
    processes: int


def require_memray() -> None:
    """Raise FieldError if memray is not installed."""
    if importlib.util.find_spec("memray") is None:
        raise FieldError(f"--memory: memray is not installed; it is in the extra profile: {INSTALL}")


def held_memory(files: Iterable[Path]) -> HeldMemory:
    """Read the recordings of all processes; raises SamplerError if none can be read."""
    from memray import FileReader  # noqa: PLC0415 - optional, and only where memory was recorded

    calls: Counter[Calls] = Counter()
    processes, why = 0, "the server recorded nothing"
    for file in files:
        try:
            with FileReader(file) as reader:
                for record in reader.get_high_watermark_allocation_records(merge_threads=True):
                    trace = tuple(Frame(*each) for each in reversed(record.stack_trace(max_stacks=MOST_CALLS)))
                    calls[trace or (NOWHERE,)] += record.size
        except (OSError, ValueError, RuntimeError) as error:
            why = str(error)
            continue
        processes += 1
    if not processes:
        raise SamplerError(f"memray's recording cannot be read: {why}")
    return HeldMemory({each: size / MIB for each, size in calls.items()}, processes)
