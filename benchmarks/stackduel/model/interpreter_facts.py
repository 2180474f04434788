"""The facts of a stack's interpreter: its Python, the state of the GIL and the JIT, and the packages that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

GilState = Literal["on", "off"]
JitState = Literal["none", "off", "on"]


@dataclass(frozen=True, slots=True)
class InterpreterFacts:
    """The facts of an interpreter as it states them, started with the options and variables of a stack.

    ``build`` is its compiler and how it was optimised. A ``free_threaded`` build can run without the GIL; ``gil`` is
    what it starts with, and ``gil_forced_by`` the module that turned it on again when the server imported it. ``jit``
    is "none" where the build has no JIT. ``packages`` are the versions of those that the stack runs on,
    ``other_packages`` how many more its environment holds.
    """

    implementation: str
    version: str
    build: str | None = None
    free_threaded: bool = False
    gil: GilState = "on"
    gil_forced_by: str | None = None
    jit: JitState = "none"
    packages: Mapping[str, str] = field(default_factory=dict)
    other_packages: int = 0

    @property
    def title(self) -> str:
        """Its implementation and version; a free-threaded build says so."""
        return f"{self.implementation} {self.version}{' free-threaded' if self.free_threaded else ''}"

    @property
    def short_version(self) -> str:
        """Its version as a name has it: ``3.13``, or ``3.13t`` of a free-threaded build."""
        return ".".join(self.version.split(".")[:2]) + ("t" if self.free_threaded else "")
