"""Every stack while it runs: what it says of itself, and whether that is so."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from importlib.metadata import version
from pathlib import Path

import pytest

from stackduel_servers.registry import POOLED, StackEntry
from stackduel_servers.supported import BARE
from tests.contract.served import Served, group_members
from tests.contract.together import of_all
from tests.contract.wire import ask

WAIT_S = 0.3
FEW_SLOTS = 100


def test_health_tells_the_settings_in_force(entry: StackEntry, served: Served) -> None:
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
    assert report["framework_version"] == (None if entry.framework in BARE else version(entry.framework))
    assert report["server_version"] == version(entry.server)
    assert report["python"] == ".".join(map(str, sys.version_info[:3]))
    assert report["uptime_s"] > 0
    assert 10 < report["memory_mib"] < 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads what a process has loaded from /proc")
def test_the_loop_it_tells_is_the_loop_it_runs(entry: StackEntry, served: Served) -> None:
    """A stack that says uvloop has loaded it, and no other has."""
    if entry.server == "granian" and entry.loop is None:
        pytest.skip("Granian loads uvloop wherever it is installed, though WSGI runs on no loop")
    process_id = json.loads(ask(served.port, "/health").body)["pid"]
    loaded = Path(f"/proc/{process_id}/maps").read_text(encoding="utf-8")
    assert ("uvloop/loop" in loaded) == (entry.loop == "uvloop")


@pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")
def test_it_runs_as_many_workers_as_the_registry_says(entry: StackEntry, served: Served) -> None:
    """The server's process group holds its workers, and at most one process beside them, or two where they spawn.

    Python's own tracker of shared resources joins the parent of several spawned workers.
    """
    members, workers = group_members(served.process.pid), entry.worker_count(1)
    spawns = workers > 1 and entry.server in {"uvicorn", "hypercorn"}
    assert workers <= len(members) <= workers + 1 + spawns


@pytest.fixture(scope="module")
def waited(fleet: Mapping[str, Served]) -> Mapping[str, Future[tuple[float, float | None]]]:
    """How long waits at once take in each stack."""
    return of_all(wait_at_once, fleet, at_once=3)


def wait_at_once(entry: StackEntry, served: Served) -> tuple[float, float | None]:
    """How long one wait more than there are slots takes; and a few, where there are more slots than these."""
    slots = entry.waiting_slots(entry.worker_count(1))
    took_s = asyncio.run(waits_at_once(served.port, FEW_SLOTS if slots is None else slots + 1))
    many = slots is None or slots > FEW_SLOTS
    return took_s, asyncio.run(waits_at_once(served.port, FEW_SLOTS)) if many else None


def test_as_many_requests_wait_at_once_as_the_registry_says(
    entry: StackEntry, waited: Mapping[str, Future[tuple[float, float | None]]]
) -> None:
    """The slots that the ceilings are computed from are so: with one request more, one has to wait twice."""
    took_s, few_s = waited[entry.name].result()
    assert took_s >= WAIT_S
    if few_s is not None:
        assert few_s < FEW_SLOTS / 8 * WAIT_S
    else:
        assert took_s >= 2 * WAIT_S


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
