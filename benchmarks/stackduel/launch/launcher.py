"""The interface of every launcher: a started stack as a context manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, Self

from stackduel.model.budget import Budget
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack
from stackduel.model.target import Address, Subject


class Started(Protocol):
    """A stack that answered its health check and is ready to be loaded."""

    @property
    def address(self) -> Address:
        """The address at which the generator reaches it."""

    @property
    def inner_address(self) -> Address | None:
        """The address at which containers of the stacks' network reach it; None without such a network."""

    @property
    def subject(self) -> Subject:
        """The processes or container to observe."""

    def failure(self) -> str | None:
        """Return why it ended; None while it runs."""

    def lost_companion(self) -> LostPart | None:
        """Return its companion if that has ended; None while it runs, and for a stack without one."""

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server SIGTERM, wait until it has ended, and kill it after ``grace_s``; return how it ended.

        Only its first process gets the signal, as a container's does. Raises LaunchError where it cannot be sent.
        """


class Launcher(Protocol):
    """Starts one stack at a time; entered once for a whole run, it holds what the stacks share."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    def __enter__(self) -> Self:
        """Prepare what all stacks share: the downstream, a network, images."""

    def __exit__(self, *_exc: object) -> None:
        """Take everything down again, also after an error."""

    @property
    def downstream(self) -> Subject | None:
        """The downstream that every stack calls, to observe; None if this launcher did not start it."""

    def downstream_log(self, lines: int) -> str:
        """Return the last lines that the downstream wrote; an empty text if this launcher did not start it."""

    @property
    def network(self) -> str | None:
        """The containers' network on which a generator can reach the stacks; None without one."""

    @property
    def budget(self) -> Budget | None:
        """The cores and memory of what it starts; None if it starts nothing."""

    def lost(self) -> LostPart | None:
        """Return what it runs for all stacks, such as the downstream, and has ended; None while all of it runs."""

    def restore(self) -> None:
        """Start again what ``lost`` returns; raises LaunchError if that is not possible."""

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack and wait until it is healthy; raises LaunchError with its log if it does not get healthy."""

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours, with its arguments, to its end on the server's cores; return its output.

        No stack runs meanwhile. Raises LaunchError if it fails or does not end, or if this launcher starts nothing.
        """

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        """Return what a stack runs on, asked in a process of its own; None if it is no Python, or out of reach.

        Raises LaunchError if its interpreter does not answer.
        """

    def facts(self) -> Mapping[str, object]:
        """Return what a report must say of how the stacks were run, such as versions and digests."""
