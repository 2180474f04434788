"""The opening of a WebSocket on a connection, by the parser of HTTP that all connections have."""

from __future__ import annotations

from math import nan

from httptools import HttpParserError, HttpParserUpgrade

from stackduel.load.drivers.scheduled_connection import ScheduledConnection
from stackduel.load.websockets.frames import MessageReader
from stackduel.load.websockets.handshake import ACCEPT, SWITCHED
from stackduel.model.measurement import Outcome


class Opening:
    """The state of a handshake: what it has to be accepted with, what it was, and then the reader of messages."""

    __slots__ = ("accept", "accepted", "messages")

    def __init__(self) -> None:
        self.accept = b""
        self.accepted = b""
        self.messages: MessageReader | None = None


class OpeningConnection(ScheduledConnection):
    """Opens a WebSocket before its first request, whose time the opening is part of, as that of the connection is."""

    # Its subclasses have other kinds of connections as bases, too, so they hold the slot.
    __slots__ = ()

    _opening: Opening

    def open_websocket(self, sent_s: float) -> None:
        """Send the handshake for the scheduled request, which counts from ``sent_s``."""
        if self.scheduled is None:
            self.scheduled = self._draw(sent_s)
        call = self.scheduled.call
        if call.handshake is None:
            raise RuntimeError("a request that has no WebSocket")
        self._expectation, self._matcher = call.expectation, None
        self.first_s = nan
        self.sent_s = sent_s
        self._opening.accepted = b""
        request, self._opening.accept = call.handshake.begin()
        self._feed = self._parse
        self._write(request)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what the server accepts the handshake with."""
        if name.lower() == ACCEPT:
            self._opening.accepted = value

    def take_handshake(self, data: bytes) -> bytes | None:
        """Take a part of the answer; return what follows it once the WebSocket is open, and None until then.

        Any other answer than the right one ends the request, as it does over HTTP.
        """
        self._awaited = True
        try:
            self._feed(data)
        except HttpParserUpgrade as upgrade:
            if self._status_of_answer() == SWITCHED and self._opening.accepted == self._opening.accept:
                self._head.clear()
                self._pieces.clear()
                self._opening.messages = MessageReader()
                return data[upgrade.args[0] :]
            self.fail(Outcome.PROTOCOL)
        except HttpParserError as error:
            self._refuse(error)
        else:
            if self._awaited:
                self._take_part(data)
        return None
