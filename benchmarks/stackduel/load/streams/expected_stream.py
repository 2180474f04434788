"""The events that a stream must have, as the verified answer had them."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.load.streams.event_parser import Event, EventParser
from stackduel.load.streams.stream_parsers import events_of, parser_of
from stackduel.load.streams.timetable import stamps_of
from stackduel.model.suite import Check, StreamFormat

PADDING = b"x"


@dataclass(frozen=True, slots=True)
class ExpectedStream:
    """The ``places`` of the events in their order by their ids, their ``count``, their ``data``, and their ``format``.

    There are no ``places`` where the ids do not tell; ``count`` is None where any is right, ``data`` where any data is.
    """

    places: dict[bytes, int]
    count: int | None
    data: tuple[bytes, ...] | None
    format: StreamFormat = "sse"

    @staticmethod
    def of(body: bytes | None, check: Check, stream: StreamFormat = "sse") -> ExpectedStream:
        """Return what ``check`` requires of every answer, given a verified one: ``body``, ``length`` or ``status``."""
        if body is None or check == "status":
            return ExpectedStream({}, None, None, stream)
        events = events_of(body, stream)
        ids = [event.id for event in events if event.id is not None]
        tell = len(set(ids)) == len(events) and (check == "body" or _are_counted(ids))
        return ExpectedStream(
            places={own: place for place, own in enumerate(ids)} if tell else {},
            count=len(events),
            data=tuple(event.data for event in events) if check == "body" else None,
            format=stream,
        )

    def parser(self) -> EventParser:
        """Return a new parser of its format."""
        return parser_of(self.format)

    def place_of(self, event: Event, number: int) -> int | None:
        """Return the place of the ``number``-th event that came; None if it has none among the expected ones."""
        if self.places:
            return None if event.id is None else self.places.get(event.id)
        return number if self.count is None or number < self.count else None

    def agrees(self, event: Event, place: int) -> bool:
        """Return whether an event's data is right for its place, but for the moment at which it was made."""
        return self.data is None or event.data == self.data[place] or same_but_made(event.data, self.data[place])


def same_but_made(mine: bytes, other: bytes) -> bool:
    """Return whether the data of two events differ in no more than when they were made, and in the padding for that."""
    if mine == other:
        return True
    stamps, known = stamps_of(mine), stamps_of(other)
    if stamps is None or known is None or stamps.due_ns != known.due_ns:
        return False
    if stamps.rest == known.rest:
        return True
    return len(mine) == len(other) and stamps.rest.replace(PADDING, b"") == known.rest.replace(PADDING, b"")


def _are_counted(ids: list[bytes]) -> bool:
    """Return whether ids are numbers that count the events."""
    if not ids or not all(own.isdigit() and len(own) < 16 for own in ids):
        return False
    first = int(ids[0])
    return [int(own) for own in ids] == list(range(first, first + len(ids)))
