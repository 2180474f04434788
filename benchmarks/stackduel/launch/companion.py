"""A stack with its companion: two servers that are compared as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from stackduel.launch.launcher import Started
from stackduel.model.lost_part import LostPart
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Registered, Stack
from stackduel.model.target import Address, Several, Subject
from stackduel.planning.registry import registered_stacks

# By companion: the variable that gives the stack its address.
URL_VARIABLES: Mapping[str, str] = {"triton": "TRITON_URL"}
# By companion: its environment. Triton loads a model when its stack calls it: each one costs its processes' memory.
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {"triton": {"TRITON_MODELS": "none"}}


@dataclass(frozen=True, slots=True)
class Companion:
    """A server that must run beside a stack: itself as a stack, its environment, and the variable that gives its
    address to its caller.
    """

    stack: Stack
    environment: Mapping[str, str]
    url_variable: str


def companion_of(stack: Stack) -> Companion | None:
    """Return the companion that the registry gives to a stack; None for a stack without one."""
    name = stack.source.entry.companion if isinstance(stack.source, Registered) else None
    if name is None:
        return None
    beside = replace(registered_stacks()[name], cores=stack.cores)
    return Companion(beside, ENVIRONMENTS[name], URL_VARIABLES[name])


class NamedServer(Started, Protocol):
    """A started server that knows its name."""

    @property
    def name(self) -> str:
        """The name of its stack."""


def lost_part(server: NamedServer, what: str = "companion") -> LostPart | None:
    """Return what stands beside a stack as a lost part of the sandbox if it has ended; None while it runs."""
    reason = server.failure()
    return LostPart(f"the {what} {server.name}", f"has failed: {reason}", shared=False) if reason else None


@dataclass(frozen=True, slots=True)
class StackWithCompanion:
    """The server under load and its companion; the usage of both counts for the stack."""

    server: Started
    companion: NamedServer

    @property
    def address(self) -> Address:
        """The server's."""
        return self.server.address

    @property
    def inner_address(self) -> Address | None:
        """The server's."""
        return self.server.inner_address

    @property
    def subject(self) -> Subject:
        """The processes or containers of both."""
        return Several((self.server.subject, self.companion.subject))

    def failure(self) -> str | None:
        """Return why either of them has ended; None while both run."""
        if reason := self.server.failure():
            return reason
        reason = self.companion.failure()
        return f"its companion: {reason}" if reason else None

    def lost_companion(self) -> LostPart | None:
        """Return the companion if it has ended; None while it runs."""
        return lost_part(self.companion)

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server SIGTERM and wait for its end, while its companion runs on; kill it after ``grace_s``."""
        return self.server.terminate(grace_s)

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of both logs, the companion's first."""
        logs = (self.companion.log_tail(lines), self.server.log_tail(lines))
        return "\n".join(log for log in logs if log.strip())
