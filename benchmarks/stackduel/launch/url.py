"""Stacks that run elsewhere, measured by their addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Self

from stackduel.launch.health import wait_until_healthy
from stackduel.launch.health_check import HEALTHY_WITHIN_S, health_check
from stackduel.launch.launcher import Started
from stackduel.model.errors import LaunchError
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack, Url
from stackduel.model.target import Address, Elsewhere, Subject

# The servers run already: what refuses connections for longer does not run.
REFUSED_S = 3.0


class UrlLauncher:
    """Measures servers that the user runs elsewhere, by their addresses."""

    name = "url"

    def __init__(self, healthy_within_s: float = HEALTHY_WITHIN_S) -> None:
        self._healthy_within_s = healthy_within_s

    def __enter__(self) -> Self:
        """Do nothing: the servers run already."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Do nothing: the servers keep running."""

    @property
    def downstream(self) -> Subject | None:
        """None: the servers' downstream runs elsewhere."""
        return None

    @property
    def network(self) -> None:
        """None: the servers are on no network of ours."""
        return None

    @property
    def budget(self) -> None:
        """None: it starts nothing."""
        return None

    def downstream_log(self, lines: int) -> str:  # noqa: ARG002 - the protocol's
        """Return an empty text: it runs elsewhere."""
        return ""

    def lost(self) -> None:
        """None: it runs nothing."""
        return

    def restore(self) -> None:
        """Do nothing: it runs nothing."""

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Wait until the address answers; raises LaunchError if it does not."""
        return _answering(stack, self._healthy_within_s)

    def alone(self, module: Sequence[str]) -> str:
        """Raise LaunchError: it starts nothing."""
        raise LaunchError(f"{module[0]}: --launcher {self.name} starts no process of its own")

    def interpreter(self, stack: Stack) -> None:  # noqa: ARG002 - the protocol's
        """None: what the server runs on is out of reach."""
        return

    def facts(self) -> Mapping[str, object]:
        """Return the limits as unknown: nothing is known about the machines behind the addresses."""
        return {"cpu_limit": "unknown", "memory_limit": "unknown"}


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A server with nothing known but its address."""

    address: Address
    subject: Elsewhere
    inner_address: None = None

    def failure(self) -> str | None:
        """Return None: this machine cannot see whether it still runs."""
        return None

    def lost_companion(self) -> None:
        """None: it has no companion."""
        return

    def log_tail(self, lines: int = 20) -> str:  # noqa: ARG002 - the protocol's
        """Return an empty text: its log is elsewhere."""
        return ""

    def terminate(self, grace_s: float) -> ServerEnd:  # noqa: ARG002 - the protocol's
        """Raise LaunchError: nobody here may end it."""
        raise LaunchError(f"{self.address.url} runs elsewhere: it cannot be stopped from here")


@contextmanager
def _answering(stack: Stack, within_s: float) -> Iterator[RemoteServer]:
    if not isinstance(stack.source, Url):
        raise LaunchError(f"{stack.name}: has no url; --launcher local or docker starts it")
    server = RemoteServer(replace(stack.source.address, authority=stack.authority, trust=stack.trust), Elsewhere())
    wait_until_healthy(stack.name, server, health_check(stack, within_s, REFUSED_S))
    yield server
