"""How a search and whoever measures talk: loads to try in one direction, results in the other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from stackduel.model.suite import Load, OpenLoop
from stackduel.model.trial import Result

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Probe:
    """A load to be tried next, on a ``fresh`` server or on the one that runs.

    ``name`` tells it apart where the load does not, ``once`` says that it is not repeated where the host disturbed it,
    and ``so_far`` is what was found already, None where that is nothing.
    """

    load: Load
    fresh: bool = False
    name: str = ""
    once: bool = False
    so_far: Any = None

    @property
    def label(self) -> str:
        """What tells the load apart from the others of its search: ``64`` connections, or ``500rps``."""
        if self.name:
            return self.name
        if isinstance(self.load, OpenLoop):
            return f"{self.load.rate_rps:g}rps"
        return str(self.load.connections)


# A generator that yields what to try, is sent what came of it, and returns what it found.
Search = Generator[Probe, Result, ResultT]
