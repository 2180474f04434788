"""A launcher around another one: it does what the other does, but for the methods that a subclass replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Self

from stackduel.launch.launcher import Launcher, Started
from stackduel.model.budget import Budget
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Stack
from stackduel.model.target import Subject


class WrappedLauncher:
    """Passes everything on to ``launcher``."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher

    def __enter__(self) -> Self:
        """Prepare what all stacks share."""
        self._launcher.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take everything down again, also after an error."""
        self._launcher.__exit__(*exc)

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return self._launcher.name

    @property
    def downstream(self) -> Subject | None:
        """The downstream that every stack calls."""
        return self._launcher.downstream

    def downstream_log(self, lines: int) -> str:
        """Return the last lines that the downstream wrote."""
        return self._launcher.downstream_log(lines)

    @property
    def network(self) -> str | None:
        """The containers' network on which a generator can reach the stacks."""
        return self._launcher.network

    @property
    def budget(self) -> Budget | None:
        """The cores and memory of what it starts."""
        return self._launcher.budget

    def lost(self) -> LostPart | None:
        """Return what serves all stacks and has ended."""
        return self._launcher.lost()

    def restore(self) -> None:
        """Start again what has ended."""
        self._launcher.restore()

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack and wait until it is healthy; raises LaunchError otherwise."""
        return self._launcher.start(stack)

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours to its end; return its output."""
        return self._launcher.alone(module)

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        """Return what a stack runs on."""
        return self._launcher.interpreter(stack)

    def facts(self) -> Mapping[str, object]:
        """Return what a report must say of how the stacks were run."""
        return self._launcher.facts()
