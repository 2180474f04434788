"""The protocol of a search: it yields loads to try, and is sent their results."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from stackduel.model.suite import Load, OpenLoop
from stackduel.model.trial import Result

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Probe:
    """A load to try next, on a ``fresh`` server or on the running one.

    ``name`` identifies it where the load does not, ``once`` says that a disturbed trial is not repeated, and ``so_far``
    is the result until now, None where there is none. ``until_s`` is the second of the search by which the repetition
    of a disturbed trial has to end, None where there is no such bound.
    """

    load: Load
    fresh: bool = False
    name: str = ""
    once: bool = False
    so_far: Any = None
    until_s: float | None = None

    @property
    def label(self) -> str:
        """The name of the load within its search: ``64`` connections, or ``500rps``."""
        if self.name:
            return self.name
        if isinstance(self.load, OpenLoop):
            return f"{self.load.rate_rps:g}rps"
        return str(self.load.connections)


# A generator that yields loads, is sent their results, and returns the search's result.
Search = Generator[Probe, Result, ResultT]
