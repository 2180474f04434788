"""A stack with its companion: two servers that are compared as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackduel.launch.launcher import Started
from stackduel.model.stack import Registered, Stack
from stackduel.model.target import Address, Several, Subject
from stackduel.planning.registry import registered_stacks

# By companion: how the stack is told where it is.
URL_VARIABLES: Mapping[str, str] = {"triton": "TRITON_URL"}
# And what it is started with. Triton loads a model when its stack asks for it: each costs the memory of its processes.
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {"triton": {"TRITON_MODELS": "none"}}


@dataclass(frozen=True, slots=True)
class Companion:
    """The server that has to stand beside a stack: itself a stack, the environment that it is started with, and the
    variable in which its caller is told its address.
    """

    stack: Stack
    environment: Mapping[str, str]
    url_variable: str


def companion_of(stack: Stack) -> Companion | None:
    """The companion that the registry gives to a stack; None for one that stands alone."""
    name = stack.source.entry.companion if isinstance(stack.source, Registered) else None
    if name is None:
        return None
    return Companion(registered_stacks()[name], ENVIRONMENTS[name], URL_VARIABLES[name])


@dataclass(frozen=True, slots=True)
class StackWithCompanion:
    """The server that is loaded, and the one that it calls; what both use is the stack's."""

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
        """Both."""
        return Several((self.server.subject, self.companion.subject))

    def failure(self) -> str | None:
        """Why either of them does not run any more."""
        if reason := self.server.failure():
            return reason
        reason = self.companion.failure()
        return f"its companion: {reason}" if reason else None

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of both, the companion's first."""
        logs = (self.companion.log_tail(lines), self.server.log_tail(lines))
        return "\n".join(log for log in logs if log.strip())
