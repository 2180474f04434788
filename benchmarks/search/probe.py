"""How a search and whoever measures talk: loads to try in one direction, results in the other (pure)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.suite import Load, OpenLoop
from benchmarks.trial import Result

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Probe:
    """A load to be tried next, on a ``fresh`` server or on the one that runs."""

    load: Load
    fresh: bool = False

    @property
    def label(self) -> str:
        """What tells the load apart from the others of its search: ``64`` connections, or ``500rps``."""
        if isinstance(self.load, OpenLoop):
            return f"{self.load.rate_rps:g}rps"
        return str(self.load.connections)


# A generator that yields what to try, is sent what came of it, and returns what it found.
Search = Generator[Probe, Result, Found]
