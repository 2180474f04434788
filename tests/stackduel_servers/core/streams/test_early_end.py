"""The line of a stream's early end, as its reader takes it apart."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from stackduel.analysis.early_ends import early_ends
from stackduel_servers.core.streams import asynchronous, blocking, early_end, wire
from stackduel_servers.core.streams.early_end import KEPT_MOMENTS, Trail
from stackduel_servers.core.streams.wire import PLAIN

PIPE_BUF = 4096


def test_a_trail_says_when_the_last_events_were_reached(capfd: pytest.CaptureFixture[str]) -> None:
    """Several at once have one moment; the count of each moment between is known."""
    trail = Trail()
    trail.reach(2)
    between_ns = wire.clock_ns()
    # The line has whole microseconds.
    while wire.clock_ns() < between_ns + 5000:
        pass
    trail.reach(5)
    trail.note(17, wire.clock_ns())
    (end,) = early_ends(capfd.readouterr().err).values()
    assert (end.events, len(end.before_us)) == (5, 5)
    assert end.at(between_ns + 1000).events == 2


def test_a_line_is_written_in_one_piece(capfd: pytest.CaptureFixture[str]) -> None:
    """However many events there were, and however long ago: the oldest moments are left out."""
    trail = Trail()
    for events in range(1, 2000):
        trail.reach(events)
    hour_ns = 3600 * 10**9
    trail.note(10**18, wire.clock_ns() + hour_ns)
    line = capfd.readouterr().err
    assert len(line) <= PIPE_BUF
    (end,) = early_ends(line).values()
    assert (end.events, len(end.before_us)) == (1999, KEPT_MOMENTS)


def test_handlers_leave_a_trail_where_they_are_asked_to(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both kinds of generators write how far they had come; without the variable they write nothing."""
    query = b"events=9&interval=0"
    monkeypatch.setattr(early_end, "is_noted", lambda: True)
    asyncio.run(given_up(query))
    made = blocking.generated("GET", query, PLAIN)
    next(made.events)
    next(made.events)
    made.events.close()
    ends = early_ends(capfd.readouterr().err)
    assert [(end.events, len(end.before_us)) for end in ends.values()] == [(3, 3), (2, 2)]
    monkeypatch.setattr(early_end, "is_noted", lambda: False)
    asyncio.run(given_up(query))
    assert capfd.readouterr().err == ""


async def given_up(query: bytes) -> None:
    made = asynchronous.generated("GET", query, PLAIN)
    async with contextlib.aclosing(made.events):
        for _ in range(3):
            await anext(made.events)
