"""A stack with its companion: two servers that are compared as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackduel.launch.launcher import Started
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
    return Companion(registered_stacks()[name], ENVIRONMENTS[name], URL_VARIABLES[name])


@dataclass(frozen=True, slots=True)
class StackWithCompanion:
    """The server under load and its companion; the usage of both counts for the stack."""

    server: Started
    companion: Started

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

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of both logs, the companion's first."""
        logs = (self.companion.log_tail(lines), self.server.log_tail(lines))
        return "\n".join(log for log in logs if log.strip())
