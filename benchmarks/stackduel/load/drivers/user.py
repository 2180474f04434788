"""A full client with a connection of its own: what all of them have in common, whatever they speak."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf, nan

from stackduel.load.clock import clock
from stackduel.load.drivers.scheduled_connection import Note, Ticket
from stackduel.load.job import Job
from stackduel.model.measurement import Outcome


class User(ABC):
    """Sends one ticket's request at a time; a subclass knows how.

    ``sent_s`` is the moment from which the request in flight counts, infinite when there is none; ``ticket`` is its
    ticket. ``made`` and ``resent`` count connections, and requests sent again. While it sends, a subclass notes the
    answer's first byte in ``_first_s``, and in ``_told`` what its headers tell, where that is asked for.
    """

    def __init__(self, job: Job, note: Note) -> None:
        self.sent_s = inf
        self.ticket: Ticket | None = None
        self.made = 0
        self.resent = 0
        self._job = job
        self._note = note
        self._first_s = nan
        self._told = b""

    async def send(self, ticket: Ticket, sent_s: float) -> Outcome:
        """Send a request, counting its time from ``sent_s``, and record what became of it, unless it was given up."""
        self.ticket, self.sent_s, self._first_s, self._told = ticket, sent_s, nan, b""
        outcome = await self._request(ticket)
        if self.ticket is not None:
            self.ticket, self.sent_s = None, inf
            self._note(ticket, outcome, sent_s, self._first_s, clock(), self._told)
        return outcome

    def give_up(self) -> None:
        """Record the request in flight as timed out, and put an end to it."""
        ticket, self.ticket = self.ticket, None
        if ticket is not None:
            self._note(ticket, Outcome.TIMEOUT, self.sent_s, nan, clock(), b"")
            self.sent_s = inf
            self._abort()

    @abstractmethod
    async def close(self) -> None:
        """Close the connection, whatever is on it; a request in flight is not recorded."""

    @abstractmethod
    async def _request(self, ticket: Ticket) -> Outcome:
        """Send a ticket's request and return how it ended, within the job's timeout."""

    @abstractmethod
    def _abort(self) -> None:
        """Let whatever is in flight end at once."""


MakeUser = Callable[[Job, Note], User]
