"""What every launcher offers: a started stack as a context manager."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol, Self

from stackduel.model.stack import Stack
from stackduel.model.target import Address, Subject


class Started(Protocol):
    """A stack that answered its health check and is ready to be loaded."""

    @property
    def address(self) -> Address:
        """Where the generator reaches it."""

    @property
    def inner_address(self) -> Address | None:
        """Where containers of the stacks' network reach it, or None without such a network."""

    @property
    def subject(self) -> Subject:
        """What of this machine is its own, for whoever observes it."""

    def failure(self) -> str | None:
        """Why it does not run any more, or None while it does."""

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that it wrote."""


class Launcher(Protocol):
    """Starts one stack at a time; entered once for a whole run, it holds what the stacks share."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""

    def __enter__(self) -> Self:
        """Make ready what all stacks share: the downstream, a network, images."""

    def __exit__(self, *_exc: object) -> None:
        """Take everything down again, whatever happened."""

    @property
    def downstream(self) -> Subject | None:
        """What every stack calls, for whoever observes it; None where it is not this launcher's."""

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack and wait until it is healthy; raises LaunchError with its log where it is not."""

    def facts(self) -> Mapping[str, object]:
        """What a report must say of the way the stacks were run, such as versions and digests."""
