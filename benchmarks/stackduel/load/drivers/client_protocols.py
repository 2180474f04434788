"""What a client of either driver does for the shard that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Self


class Client(Protocol):
    """What the clients of both kinds of loop have in common."""

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""

    @property
    def resent(self) -> int:
        """How many requests were sent again, as the server had closed the connection in the meantime."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered, in ``clock`` seconds."""


class ClosedClient(Client, Protocol):
    """As many connections as the share has, each sending its next request when the last was answered.

    A request goes out only against a ticket. Endless tickets make a closed loop that runs on, a fixed number of
    them one that stops by itself. Each request ends in the recorder, exactly once and within the timeout.
    """

    async def open(self) -> None:
        """Open the connections at the share's times; return when each was tried once."""

    def admit(self, tickets: Iterator[object]) -> None:
        """From now on, take these tickets instead of the former ones; idle connections begin at once."""

    async def idle(self) -> None:
        """Return when the tickets are used up and nothing is in flight."""


class ArrivingClient(Client, Protocol):
    """A request for each arrival, at its time, on an idle connection, a new one, or the first that gets idle.

    Nothing is dropped or made up for: each arrival ends in the ledger, exactly once, and be it as unsent.
    """

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Send a request at each of these moments, in ``clock`` seconds; until ``from_s`` those of before."""

    async def drain(self, until_s: float) -> None:
        """Return when all that was to be sent has ended, and see that it has by then.

        From now on a request ends no later than the timeout after it was to be sent.
        """
