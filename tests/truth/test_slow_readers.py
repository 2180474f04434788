"""The streams that slow readers hold back, and their cost in memory, are as the server's own log says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stackduel.model.client_settings import SlowReadersSettings
from stackduel.model.search_results.slow_readers import SlowReaders
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop
from stackduel.planning.registry import registered_stacks
from tests.truth.client_runs import client_server, found_of
from tests.truth.client_server import left_in

# 3.2 MB a second a stream: within the window far more than the system keeps of a connection, some six megabytes.
STREAM = "events=260&interval=0.02&size=65000"
LOAD = ClosedLoop(3, duration_s=5.0, warmup_s=0.1)
SETTINGS = SlowReadersSettings(rounds=1, share=0.3, settle_s=0.5)
# A server that waits keeps 64 KiB of each stream; the rest of its memory is not steady to the megabyte.
LITTLE_MIB, MUCH_MIB = 2.0, 4.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systems differ in what they keep of a connection")


def read_slowly(stack: Stack, path: str, folder: Path) -> SlowReaders:
    """Return a run's findings on the clients that read the streams of a stack slowly."""
    found = found_of(stack, SETTINGS, path, LOAD, folder)
    assert isinstance(found, SlowReaders)
    assert (found.slow, found.without_stream) == (1, 0)
    return found


@pytest.mark.parametrize("waits", [True, False])
def test_a_server_that_waits_is_told_from_one_that_keeps_all(waits: bool, tmp_path: Path) -> None:
    """One makes no event before the last was taken; the other all that are due, in its memory. Its log agrees."""
    log = tmp_path / "left"
    stack = client_server(log, *(["--waits"] if waits else []))
    found = read_slowly(stack, f"/stream?{STREAM}", tmp_path)
    (stream,) = found.rounds[0].streams
    assert stream.handler is not None
    assert stream.handler.held == waits
    assert stream.handler.events in {each.events for each in left_in(log)}
    # The client has read for five seconds at most, and the first event is longer than that.
    assert 0 < stream.bytes_read <= 8 * SETTINGS.bytes_per_s
    assert stream.read_events == 1
    assert found.mib_per_stream is not None
    assert found.mib_per_stream < LITTLE_MIB if waits else found.mib_per_stream > MUCH_MIB
    assert found.cut == 0


def test_a_real_relay_says_how_far_both_sides_ran(tmp_path: Path) -> None:
    """The client has read the least, the handler no more than its upstream has made; both are known by their logs."""
    found = read_slowly(registered_stacks()["fastapi-uvicorn"], f"/relay?{STREAM}", tmp_path)
    (stream,) = found.rounds[0].streams
    assert stream.handler is not None
    assert stream.upstream is not None
    assert 0 < stream.read_events < stream.handler.events <= stream.upstream.events
    assert stream.handler.events <= stream.handler.due
