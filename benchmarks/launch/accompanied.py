"""A stack with its companion: two servers that are compared as one."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.launch.base import Started
from benchmarks.target import Address, Several, Subject


@dataclass(frozen=True, slots=True)
class Accompanied:
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
