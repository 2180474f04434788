"""Arrivals that wait for a connection, first come first served."""

from __future__ import annotations

from collections import deque
from math import nan

from benchmarks.load.clock import clock
from benchmarks.load.ticket import Note, Ticket
from benchmarks.measurement import Outcome


class Backlog:
    """A queue that nothing is dropped from: what waits longer than the timeout is recorded as unsent."""

    def __init__(self, timeout_s: float, note: Note) -> None:
        self._tickets: deque[Ticket] = deque()
        self._timeout_s = timeout_s
        self._note = note

    def put(self, ticket: Ticket) -> None:
        """Let a ticket wait."""
        self._tickets.append(ticket)

    def take(self) -> Ticket | None:
        """The first ticket that can still be sent in time, or None where there is none."""
        if not self._tickets:
            return None
        self.give_up(clock() - self._timeout_s)
        return self._tickets.popleft() if self._tickets else None

    def give_up(self, latest_s: float) -> None:
        """Record as unsent what was to be sent before then."""
        while self._tickets and self._tickets[0].intended_s < latest_s:
            now_s = clock()
            self._note(self._tickets.popleft(), Outcome.UNSENT, now_s, nan, now_s)
