"""Stacks behind a proxy: the server is started first, then the proxy that everybody asks in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from stackduel.launch.companion import NamedServer, lost_part
from stackduel.launch.launcher import Launcher, Started
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.model.lost_part import LostPart
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack
from stackduel.model.target import Address, Behind

StartProxy = Callable[[Stack, Address], AbstractContextManager[NamedServer]]
"""Starts the proxy of a stack in front of an address."""


class ProxyLauncher(WrappedLauncher):
    """A launcher that starts the proxy of each stack after it, by ``start_proxy``."""

    def __init__(self, launcher: Launcher, start_proxy: StartProxy) -> None:
        super().__init__(launcher)
        self._start_proxy = start_proxy

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start the stack and its proxy; raises LaunchError with the log of what does not get ready."""
        return self._proxied(stack) if stack.proxy else super().start(stack)

    @contextmanager
    def _proxied(self, stack: Stack) -> Iterator[Started]:
        with super().start(stack) as server, self._start_proxy(stack, server.address) as proxy:
            yield Proxied(server, proxy)


@dataclass(frozen=True, slots=True)
class Proxied:
    """A started stack that is asked through its proxy, which is no part of it: if the proxy ends, the trial is void."""

    server: Started
    proxy: NamedServer

    @property
    def address(self) -> Address:
        """The proxy's."""
        return self.proxy.address

    @property
    def inner_address(self) -> None:
        """None: the proxy is on no containers' network."""
        return None

    @property
    def subject(self) -> Behind:
        """The server, and apart from it the proxy."""
        return Behind(self.server.subject, self.proxy.subject)

    def failure(self) -> str | None:
        """Return why either of them has ended; None while both run."""
        if reason := self.server.failure():
            return reason
        lost = self.lost_companion()
        return lost.sentence if lost else None

    def lost_companion(self) -> LostPart | None:
        """Return the proxy, or the server's companion, if that has ended; None while both run."""
        return lost_part(self.proxy, "proxy") or self.server.lost_companion()

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server SIGTERM and wait for its end, while its proxy runs on; kill it after ``grace_s``."""
        return self.server.terminate(grace_s)

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the server's log; those of a proxy that has ended stand before them."""
        logs = (self.proxy.log_tail(lines) if self.proxy.failure() else "", self.server.log_tail(lines))
        return "\n".join(log for log in logs if log.strip())
