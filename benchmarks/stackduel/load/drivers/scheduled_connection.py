"""Connections whose requests are not all alike: each is sent against a ticket that says what and when."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import NamedTuple, Protocol, cast

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import Connection, ConnectionOwner
from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.recording.server_timing import add_told
from stackduel.model.measurement import Outcome
from stackduel.model.suite import Load


class Ticket(NamedTuple):
    """A request to be sent: its call, when it was to be sent, and when the generator set about it.

    Both in ``clock`` seconds. From then on it is up to the server when a connection is free for it.
    """

    intended_s: float
    call: PreparedRequest
    attended_s: float


Note = Callable[[Ticket, Outcome, float, float, float, bytes], None]
"""Records how a request ended: by its ticket, outcome, the moments sent, first byte and done, and what it was told."""


class TicketOwner(Protocol):
    """What such a connection asks of its client, on top of what every connection does."""

    def draw(self, now_s: float) -> Ticket:
        """The ticket of a request that is sent now."""

    def note(self, ticket: Ticket, outcome: Outcome, sent_s: float, first_s: float, done_s: float, told: bytes) -> None:
        """Record how a request ended."""


class TicketConnection(Connection):
    """Sends the request that its ticket says, and draws a ticket where it is given none.

    It is the slower kind of connection, for open loops, mixes of requests and first bytes: a closed loop of one
    request needs no ticket, and does not pay for one.
    """

    __slots__ = ("_draw", "_note_ticket", "first_s", "ticket", "told")

    def __init__(self, owner: TicketOwner, ticket: Ticket | None, sent_s: float) -> None:
        super().__init__(cast("ConnectionOwner", owner), sent_s)
        self.ticket = ticket
        self.first_s = nan
        self.told = b""
        self._draw = owner.draw
        self._note_ticket = owner.note

    def carry(self, ticket: Ticket) -> None:
        """Send this ticket's request now, on this idle connection."""
        self.ticket = ticket
        self.send(clock())

    def send(self, sent_s: float) -> None:
        """Send the ticket's request on this idle connection, counting its time from ``sent_s``."""
        if self.ticket is None:
            self.ticket = self._draw(sent_s)
        call = self.ticket.call
        self._request, self._expectation = call.request, call.expectation
        self._comparer = call.comparer
        self._body = self._whole = call.expectation.body
        self.first_s = nan
        super().send(sent_s)

    def note(self, outcome: Outcome, sent_s: float, done_s: float) -> None:
        """Record how the ticket's request ended; the ticket is used up."""
        ticket, self.ticket = self.ticket, None
        if ticket is None:
            raise RuntimeError("a request ended that nobody sent")
        self._note_ticket(ticket, outcome, sent_s, self.first_s, done_s, self.told)

    def on_message_complete(self) -> None:
        """Check and record the answer, and go on with the next request."""
        self._complete(clock())


class FirstByteConnection(TicketConnection):
    """Notes when the first byte of each answer came, be it an interim one's."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        # Not a number is not equal to itself, and is there until the first byte has come.
        if self.first_s != self.first_s:
            self.first_s = clock()
        super().data_received(data)


class TimingConnection(TicketConnection):
    """Keeps what the headers of each answer say of where its time went; the parser calls ``on_header`` for all."""

    __slots__ = ()

    def on_message_begin(self) -> None:
        """Forget what the answer before was told, or an interim one."""
        self.told = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header that tells something."""
        self.told = add_told(self.told, name, value)


class FirstByteTimingConnection(FirstByteConnection, TimingConnection):
    """Does what both do."""

    __slots__ = ()


def kind_of_connection(load: Load) -> type[TicketConnection]:
    """What a load's tickets are sent on: nothing is looked for unless it is asked for."""
    if load.server_timing:
        return FirstByteTimingConnection if load.first_byte else TimingConnection
    return FirstByteConnection if load.first_byte else TicketConnection
