"""The samples of a profiler: how often each stack of calls of a server was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """A function on a stack of calls: its name, its file (a whole path, or empty) and its first line."""

    name: str
    file: str
    line: int


# The outermost function first.
Calls = tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """How often each stack of calls was met, and in how many processes.

    ``waiting`` is how many more samples were left out, because they were of functions that only wait.
    """

    calls: Mapping[Calls, int]
    processes: int
    waiting: int = 0

    @property
    def total(self) -> int:
        """The number of samples."""
        return sum(self.calls.values())

    @staticmethod
    def sum(parts: Iterable[Samples]) -> Samples:
        """Return the samples of several windows together."""
        counted: Counter[Calls] = Counter()
        processes = waiting = 0
        for each in parts:
            waiting += each.waiting
            counted.update(each.calls)
            processes = max(processes, each.processes)
        return Samples(counted, processes, waiting)
