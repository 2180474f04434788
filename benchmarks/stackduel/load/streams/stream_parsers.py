"""The parser of each format of a stream."""

from __future__ import annotations

from stackduel.load.streams.chunk_parser import ChunkParser
from stackduel.load.streams.event_parser import Event, EventParser
from stackduel.model.suite import StreamFormat


def parser_of(stream: StreamFormat | None) -> EventParser:
    """Return a new parser of a format; events as they are where none is given."""
    return ChunkParser() if stream == "openai" else EventParser()


def events_of(body: bytes, stream: StreamFormat | None) -> list[Event]:
    """Return the events of a whole body."""
    return parser_of(stream).feed(body)
