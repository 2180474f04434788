"""Any launcher, without the user's secrets in its logs and errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Self

from stackduel.launch.launcher import Launcher, Started
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.lost_part import LostPart
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack
from stackduel.model.target import Address, Subject
from stackduel.storage.redaction import Redaction


class RedactedLauncher(WrappedLauncher):
    """Starts what ``launcher`` starts; all that a server wrote is redacted before anybody sees it."""

    def __init__(self, launcher: Launcher, redaction: Redaction) -> None:
        super().__init__(launcher)
        self._redaction = redaction

    def __enter__(self) -> Self:
        """Prepare what all stacks share."""
        with _redacted_errors(self._redaction):
            return super().__enter__()

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack and wait until it is healthy; raises LaunchError with its redacted log otherwise."""
        return self._started(stack)

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours to its end; return its output."""
        with _redacted_errors(self._redaction):
            return super().alone(module)

    def downstream_log(self, lines: int) -> str:
        """Return the last lines that the downstream wrote, without secrets."""
        return self._redaction.text(super().downstream_log(lines))

    @contextmanager
    def _started(self, stack: Stack) -> Iterator[Started]:
        with _redacted_errors(self._redaction), super().start(stack) as started:
            yield RedactedStack(started, self._redaction)


@dataclass(frozen=True, slots=True)
class RedactedStack:
    """A started stack whose log is shown without secrets."""

    started: Started
    redaction: Redaction

    @property
    def address(self) -> Address:
        """The address at which the generator reaches it."""
        return self.started.address

    @property
    def inner_address(self) -> Address | None:
        """The address at which containers of the stacks' network reach it."""
        return self.started.inner_address

    @property
    def subject(self) -> Subject:
        """The processes or container to observe."""
        return self.started.subject

    def failure(self) -> str | None:
        """Return why it ended; None while it runs."""
        ended = self.started.failure()
        return None if ended is None else self.redaction.text(ended)

    def lost_companion(self) -> LostPart | None:
        """Return its companion if that has ended."""
        return self.started.lost_companion()

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""
        return self.redaction.text(self.started.log_tail(lines))

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server SIGTERM and wait for its end; kill it after ``grace_s``."""
        return self.started.terminate(grace_s)


@contextmanager
def _redacted_errors(redaction: Redaction) -> Iterator[None]:
    try:
        yield
    except LaunchError as error:
        raise LaunchError(*(redaction.text(part) for part in (error.why, error.log, error.hint))) from None
