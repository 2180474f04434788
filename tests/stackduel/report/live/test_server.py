"""The live page's server: its thread stays on the runner's cores, and its end leaves nothing behind."""

from __future__ import annotations

import os
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from stackduel.process.cores import usable_cores
from stackduel.report.live.board import Board
from stackduel.report.live.server import LINGER_S, LiveServer
from tests.stackduel.makers import run


def live_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "live"]


def test_the_page_is_served_until_the_run_ends_and_no_longer(tmp_path: Path) -> None:
    """Nobody watching, leaving takes no time, and thread and port are gone."""
    with LiveServer(Board(run([])), "<p>the page</p>", tmp_path / "report.html", usable_cores()) as server:
        with urllib.request.urlopen(server.url, timeout=10) as answer:
            assert answer.read() == b"<p>the page</p>"
        assert server.url.startswith("http://127.0.0.1:")
        began = time.monotonic()
    assert time.monotonic() - began < LINGER_S
    assert live_threads() == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=5)


def test_events_hold_everything_at_once(tmp_path: Path) -> None:
    """A late visitor is told the whole state first, an event a line of JSON."""
    board = Board(run([]))
    board.do("Block 2: measuring")
    board.update_now(0.25, 9.0)
    with (
        LiveServer(board, "", tmp_path / "report.html", usable_cores()) as server,
        urllib.request.urlopen(f"{server.url}events", timeout=10) as answer,
    ):
        assert answer.headers["Content-Type"] == "text/event-stream"
        lines = [answer.readline().decode() for _ in range(5)]
        board.update_now(1.0, 0.0, ended=True)
    assert [lines[0], lines[3]] == ["event: trials\n", "event: now\n"]
    assert "Block 2: measuring" in lines[4]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which cores a thread may use")
def test_the_thread_keeps_to_the_cores_it_is_given(tmp_path: Path) -> None:
    """The server under test has its cores to itself, even though the page's thread began before the run did."""
    last = usable_cores()[-1]
    with LiveServer(Board(run([])), "", tmp_path / "report.html", (last,)):
        (thread,) = live_threads()
        assert thread.native_id is not None
        assert os.sched_getaffinity(thread.native_id) == {last}
    assert os.sched_getaffinity(0) == set(usable_cores())


def test_a_taken_port_is_reported(tmp_path: Path) -> None:
    """The error is the caller's, and no thread is left waiting."""
    with LiveServer(Board(run([])), "", tmp_path / "report.html", usable_cores()) as first:
        port = int(first.url.rstrip("/").rpartition(":")[2])
        with (
            pytest.raises(OSError, match="in use"),
            LiveServer(Board(run([])), "", tmp_path / "report.html", usable_cores(), port),
        ):
            pass
        assert len(live_threads()) == 1
