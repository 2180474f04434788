"""The interface of every driver's clients to the shard that runs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Self

from stackduel.model.measurement import FailedAnswer


class Client(Protocol):
    """The common part of the clients of closed and open loops."""

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""

    @property
    def resent(self) -> int:
        """How many requests were sent again, as the server had closed the connection in the meantime."""

    @property
    def failed_answer(self) -> FailedAnswer | None:
        """An answer of those that were not right; None if none came."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    def in_flight_since(self) -> list[float]:
        """Return when each unanswered request was sent, in ``clock`` seconds."""


class ClosedLoopClient(Client, Protocol):
    """As many connections as the share has, each sending its next request when the last was answered.

    Each request uses one permit. Endless permits make a closed loop that runs on, a fixed number of
    them one that stops by itself. Each request ends in the recorder, exactly once and within the timeout.
    """

    async def open(self) -> None:
        """Open the connections at the share's times; return when each was tried once."""

    def admit(self, permits: Iterator[object]) -> None:
        """Use these permits from now on; idle connections begin at once."""

    async def idle(self) -> None:
        """Return when the permits are used up and nothing is in flight."""


class OpenLoopClient(Client, Protocol):
    """A request for each arrival, at its time, on an idle connection, a new one, or the first that gets idle.

    Nothing is dropped or made up for: each arrival ends in the request log, exactly once, if only as unsent.
    """

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Send a request at each of these moments, in ``clock`` seconds; until ``from_s`` those of before."""

    async def drain(self, until_s: float) -> None:
        """Return when all that was to be sent has ended, and see that it has by then.

        From now on a request ends no later than the timeout after it was to be sent.
        """
