"""Every stack from its start to its end: what it says of itself, how it stops, what it leaves behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks.contract.cases import ONE_ITEM
from servers.registry import POOLED, Entry
from tests.contract.conftest import ENTRIES
from tests.contract.served import Served, all_served
from tests.contract.wire import ClosedError, ask, connected

REQUEST = b"GET /json?items=1 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n"
STOPS_WITHIN_S = 5.0
WAIT_S = 0.3
FEW_SLOTS = 100


@pytest.fixture(scope="module")
def mortals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """A second server of every stack, for tests that end it."""
    folder: Path = tmp_path_factory.mktemp("mortals")
    with all_served((entry.name for entry in ENTRIES), folder) as servers:
        yield servers


def test_health_tells_the_settings_in_force(entry: Entry, served: Served) -> None:
    """``/health`` names the stack, the versions installed, and the settings the registry gives it on one CPU."""
    report = json.loads(ask(served.port, "/health").body)
    told = {
        key: report[key]
        for key in (
            *("status", "stack", "framework", "server", "workers", "threads", "loop", "cpus"),
            *("inference", "pool", "batch_size"),
        )
    }
    assert told == {
        "status": "ok",
        "stack": entry.name,
        "framework": entry.framework,
        "server": entry.server,
        "workers": entry.worker_count(1),
        "threads": entry.threads,
        "loop": entry.loop,
        "cpus": 1.0,
        "inference": entry.inference,
        "pool": 1 if entry.inference in POOLED else None,
        "batch_size": entry.batch_size,
    }
    assert report["framework_version"] == version(entry.framework)
    assert report["server_version"] == version(entry.server)
    assert report["python"] == ".".join(map(str, sys.version_info[:3]))
    assert report["uptime_s"] > 0
    assert 10 < report["memory_mib"] < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads what a process has loaded from /proc")
def test_the_loop_it_tells_is_the_loop_it_runs(entry: Entry, served: Served) -> None:
    """A stack that says uvloop has loaded it, and no other has."""
    process_id = json.loads(ask(served.port, "/health").body)["pid"]
    loaded = Path(f"/proc/{process_id}/maps").read_text(encoding="utf-8")
    assert ("uvloop/loop" in loaded) == (entry.loop == "uvloop")


@pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")
def test_it_runs_as_many_workers_as_the_registry_says(entry: Entry, served: Served) -> None:
    """The server's process group holds its workers, and at most one process beside them."""
    members = group_members(served.process.pid)
    assert entry.worker_count(1) <= len(members) <= entry.worker_count(1) + 1


def test_as_many_requests_wait_at_once_as_the_registry_says(entry: Entry, served: Served) -> None:
    """What the ceilings are computed from is so: with one request more than the slots, one has to wait twice."""
    slots = entry.waiting_slots(entry.worker_count(1))
    took_s = asyncio.run(waits_at_once(served.port, FEW_SLOTS if slots is None else slots + 1))
    assert took_s >= WAIT_S
    if slots is None or slots > FEW_SLOTS:
        assert asyncio.run(waits_at_once(served.port, FEW_SLOTS)) < FEW_SLOTS / 8 * WAIT_S
    else:
        assert took_s >= 2 * WAIT_S


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_it_stops_within_seconds_and_leaves_nothing(entry: Entry, mortals: dict[str, Served]) -> None:
    """On SIGTERM a request under way is answered, idle connections do not delay the end, and no process is left."""
    served = mortals[entry.name]
    with ExitStack() as connections:
        for _ in range(20):
            idle = connections.enter_context(connected(served.port))
            idle.send(REQUEST)
            assert idle.answer().body == ONE_ITEM
        waiting = connections.enter_context(connected(served.port))
        waiting.send(b"GET /slow-io?delay=0.5 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n")
        time.sleep(0.2)  # so that the request has begun
        started_s = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        with suppress(ClosedError) if entry.server == "waitress" else ExitStack():
            assert waiting.answer().status == 200
        served.process.wait(timeout=STOPS_WITHIN_S)
        took_s = time.monotonic() - started_s
    assert took_s < STOPS_WITHIN_S
    assert sys.platform != "linux" or not group_members(served.process.pid), served.log_tail()
    assert "Traceback" not in served.log.read_text(errors="replace")


async def waits_at_once(port: int, requests: int) -> float:
    """Send that many waits at once, a connection each; returns how long all of them took."""
    streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(requests)))
    started_s = time.monotonic()
    for _, writer in streams:
        writer.write(f"GET /slow-io?delay={WAIT_S} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    for reader, writer in streams:
        assert (await asyncio.wait_for(reader.readline(), timeout=30)).startswith(b"HTTP/1.1 200 ")
        writer.close()
    return time.monotonic() - started_s


def group_members(group_id: int) -> list[int]:
    """The living processes of a process group."""
    members = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if os.getpgid(int(folder.name)) == group_id and " Z " not in (folder / "stat").read_text():
                    members.append(int(folder.name))
    return members
