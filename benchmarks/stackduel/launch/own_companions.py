"""Stacks with companions of the user's: these are started first, seen to be ready, and stopped last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from stackduel.launch.companion import NamedServer, lost_part
from stackduel.launch.launcher import Launcher, Started
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.model.lost_part import LostPart
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Command, Image, OwnCompanion, Stack
from stackduel.model.target import Address, Several, Subject

StartCompanion = Callable[[OwnCompanion], AbstractContextManager[NamedServer]]


class CompanionLauncher(WrappedLauncher):
    """A launcher that starts the companions of each stack before it, each by ``start_companion``."""

    def __init__(self, launcher: Launcher, start_companion: StartCompanion) -> None:
        super().__init__(launcher)
        self._start_companion = start_companion
        self._running: tuple[NamedServer, ...] = ()

    @property
    def downstream(self) -> Subject | None:
        """The downstream, and the companions that run: they are called as it is, and observed with it."""
        shared = super().downstream
        parts = (*((shared,) if shared else ()), *(each.subject for each in self._running))
        return Several(parts) if self._running else shared

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start the companions and the stack; raises LaunchError with the log of what does not get ready."""
        return self._accompanied(stack) if stack.companions else super().start(stack)

    @contextmanager
    def _accompanied(self, stack: Stack) -> Iterator[Started]:
        with ExitStack() as running:
            own = tuple(running.enter_context(self._observed(each)) for each in stack.companions)
            inside = self.network is not None
            started = running.enter_context(super().start(with_addresses(stack, own, inside=inside)))
            yield Accompanied(started, own)

    @contextmanager
    def _observed(self, companion: OwnCompanion) -> Iterator[NamedServer]:
        """Start a companion, and count it among those that run: two stacks may run at once."""
        with self._start_companion(companion) as server:
            self._running = (*self._running, server)
            try:
                yield server
            finally:
                self._running = tuple(each for each in self._running if each is not server)


def with_addresses(stack: Stack, companions: Sequence[NamedServer], *, inside: bool = False) -> Stack:
    """Return the stack with the addresses of its companions in its command, its reset and its environment.

    Those are the addresses ``inside`` the containers' network, or those for this machine.
    """
    places: dict[str, str] = {}
    for each in companions:
        address = (each.inner_address if inside else None) or each.address
        places |= {f"{{{each.name}.host}}": address.host, f"{{{each.name}.port}}": str(address.port)}
    source = stack.source
    if isinstance(source, Command):
        source = _command(source, places)
    elif isinstance(source, Image):
        source = replace(source, env=_env(source.env, places))
    return replace(stack, source=source, reset=stack.reset and _command(stack.reset, places))


def _command(command: Command, places: Mapping[str, str]) -> Command:
    return replace(command, argv=tuple(_filled(word, places) for word in command.argv), env=_env(command.env, places))


def _env(env: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    return {name: _filled(value, places) for name, value in env.items()}


def _filled(text: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text


@dataclass(frozen=True, slots=True)
class Accompanied:
    """A started stack whose companions run beside it: what they use is not the stack's, their end ends its trial."""

    server: Started
    companions: tuple[NamedServer, ...]

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
        """The server's processes or container alone."""
        return self.server.subject

    def failure(self) -> str | None:
        """Return why any of them has ended; None while all run."""
        if reason := self.server.failure():
            return reason
        lost = self.lost_companion()
        return lost.sentence if lost else None

    def lost_companion(self) -> LostPart | None:
        """Return the first companion that has ended; None while all run."""
        return next(filter(None, map(lost_part, self.companions)), None)

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server SIGTERM and wait for its end, while its companions run on; kill it after ``grace_s``."""
        return self.server.terminate(grace_s)

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the server's log; those of a companion that has ended stand before them."""
        logs = [each.log_tail(lines) for each in self.companions if each.failure()]
        return "\n".join(log for log in (*logs, self.server.log_tail(lines)) if log.strip())
