"""A stream that a handler is about to send: the fields of its head, and its events as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from stackduel_servers.core.streams.timetable import Timetable

HeadFields = tuple[tuple[str, str], ...]
Made = TypeVar("Made")
# Makes an event of a timetable, its number, and when it was made: as bytes, or as a framework's own object.
Make = Callable[[Timetable, int, int], Made]


@dataclass(frozen=True, slots=True)
class Encoding(Generic[Made]):
    """How a stream's events are made, and the heartbeat that stands between them."""

    event: Make[Made]
    heartbeat: Made


@dataclass(frozen=True, slots=True)
class AsyncStream(Generic[Made]):
    """The stream of a handler that suspends its task; closing its events frees what they read from."""

    fields: HeadFields
    events: AsyncGenerator[Made, None]


@dataclass(frozen=True, slots=True)
class BlockingStream(Generic[Made]):
    """The stream of a handler that holds its thread; closing its events frees what they read from."""

    fields: HeadFields
    events: Generator[Made, None, None]
