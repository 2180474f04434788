"""What a client of either driver does for the shard that runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self


class Client(Protocol):
    """As many connections as the share has, each sending its next request when the last was answered.

    A request goes out only against a ticket. Endless tickets make a closed loop that runs on, a fixed number of
    them one that stops by itself, and tickets that are handed out at their times an open loop. Each request
    ends in the recorder, exactly once and within the timeout.
    """

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""

    @property
    def resent(self) -> int:
        """How many requests were sent again, as the server had closed the connection in the meantime."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    async def open(self) -> None:
        """Open the connections at the share's times; return when each was tried once."""

    def admit(self, tickets: Iterator[object]) -> None:
        """From now on, take these tickets instead of the former ones; idle connections begin at once."""

    async def idle(self) -> None:
        """Return when the tickets are used up and nothing is in flight."""

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered, in ``clock`` seconds."""
