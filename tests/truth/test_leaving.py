"""The times until clients that left were noticed are those of the server's own log."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stackduel.model.client_settings import LeavingSettings
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop
from stackduel.planning.registry import registered_stacks
from tests.truth.client_runs import client_server, found_of
from tests.truth.client_server import left_in

# Streams outlast the window by far; ten clients, four of which leave after a second.
LOAD = ClosedLoop(10, duration_s=2.0, warmup_s=0.1)
SETTINGS = LeavingSettings(rounds=1, share=0.4, settle_s=0.0)
LEAVERS = 4
STREAM = "events=60&interval=0.05"
AFTER_MS = 400.0
# From a client's close until the server could know it, on a host that is busy with others.
MOST_LATE_MS = 500.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows resets connections otherwise")


def leaving(stack: Stack, path: str, folder: Path) -> Leaving:
    """Return a run's finding on the clients that left a stack."""
    found = found_of(stack, SETTINGS, path, LOAD, folder)
    assert isinstance(found, Leaving)
    return found


def test_a_known_delay_is_measured(tmp_path: Path) -> None:
    """Each client was noticed that late, closed or reset: never sooner, and later only by what the host took."""
    log = tmp_path / "left"
    found = leaving(client_server(log, "--after-ms", f"{AFTER_MS}"), f"/stream?{STREAM}", tmp_path)
    assert (found.left, found.without_stream, found.cut) == (LEAVERS, 0, 0)
    assert found.rounds[0].reset == LEAVERS // 2
    assert found.handler is not None
    assert (found.handler.noticed, found.handler.never) == (LEAVERS, 0)
    assert found.rounds[0].handler_ms is not None
    assert all(AFTER_MS <= ms < AFTER_MS + MOST_LATE_MS for ms in found.rounds[0].handler_ms)
    # The log has those, too, that stayed until a window's end.
    logged_ms = [(each.noticed_ns - each.known_ns) / 1e6 for each in left_in(log) if each.noticed_ns]
    assert min(logged_ms) <= max(found.rounds[0].handler_ms)
    assert len(logged_ms) >= LEAVERS
    assert found.upstream is None
    assert found.memory is not None


def test_a_server_that_never_notices_is_told_apart(tmp_path: Path) -> None:
    """It goes on to the end of its streams: all four were never noticed, while the log has them."""
    log = tmp_path / "left"
    found = leaving(client_server(log, "--after-ms", "-1"), f"/stream?{STREAM}", tmp_path)
    assert found.left == LEAVERS
    assert found.handler is not None
    assert (found.handler.noticed, found.handler.never, found.handler.worst_ms) == (0, LEAVERS, None)
    assert len(left_in(log)) >= LEAVERS
    assert "the handler noticed none within the window" in found.sentence


def test_who_does_not_say_it_is_not_accused(tmp_path: Path) -> None:
    """Without the variable that asks for it, nothing is known of the handler."""
    stack = client_server(tmp_path / "left", env={"STREAM_ENDS": ""})
    found = leaving(stack, f"/stream?{STREAM}", tmp_path)
    assert (found.left, found.handler, found.upstream) == (LEAVERS, None, None)


def test_a_real_server_that_gives_a_handler_time_is_told_apart(tmp_path: Path) -> None:
    """Gunicorn's ASGI worker lets a handler go on for 3 s, which is longer than the window: nobody noticed anything."""
    found = leaving(registered_stacks()["fastapi-gunicorn"], f"/relay?{STREAM}", tmp_path)
    assert found.left == LEAVERS
    assert found.handler is not None
    assert found.upstream is not None
    assert (found.handler.noticed, found.upstream.noticed) == (0, 0)


@pytest.mark.parametrize("name", ["fastapi-uvicorn", "flask-gthread"])
def test_a_real_relay_notices_and_ends_its_upstream(name: str, tmp_path: Path) -> None:
    """Asynchronous or on threads, the handler ends before the window does, and the downstream's own log says the same
    of its stream.
    """
    found = leaving(registered_stacks()[name], f"/relay?{STREAM}", tmp_path)
    assert found.left == LEAVERS
    assert found.handler is not None
    assert found.upstream is not None
    assert (found.handler.never, found.upstream.never) == (0, 0)
    assert found.cut == 0
