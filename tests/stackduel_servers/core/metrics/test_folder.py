"""The numbers of several worker processes, added up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel_servers.core.metrics.folder import FolderOfWorkers
from stackduel_servers.core.metrics.workers import is_alive

# A worker that counts one request, has another one in flight, and ends or waits for its standard input to close.
WORKER = """
import sys
from stackduel_servers.core.metrics.recording import MeasuredRequest
done, open_ = MeasuredRequest("/json"), MeasuredRequest("/json")
done.begin(200, "0")
done.leave()
print("ready", flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there it is not asked whether a process lives")


def worker(folder: Path) -> subprocess.Popen[str]:
    """A worker process that has recorded."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def number(files: FolderOfWorkers, name: str) -> float:
    """The sum of a metric's samples of that name."""
    return sum(each.value for metric in files.metrics() for each in metric.samples if each.name == name)


def test_counts_stay_and_what_was_in_flight_goes(tmp_path: Path) -> None:
    """A worker that ended keeps its count, to the request; what it had in flight is no longer."""
    files = FolderOfWorkers(tmp_path)
    one, two = worker(tmp_path), worker(tmp_path)
    try:
        assert set(files.living_workers()) == {one.pid, two.pid}
        assert number(files, "stackduel_requests_total") == 2
        assert number(files, "stackduel_requests_in_flight") == 2
        one.communicate()
        assert files.living_workers() == (two.pid,)
        assert number(files, "stackduel_requests_total") == 2
        assert number(files, "stackduel_requests_in_flight") == 1
    finally:
        for process in (one, two):
            if process.returncode is None:
                process.communicate()


def test_a_file_that_is_being_made_does_not_fail_the_scrape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file, as a new worker's is for a moment, is read again."""
    unfinished = tmp_path / "counter_1.db"
    unfinished.touch()
    files = FolderOfWorkers(tmp_path)
    tries = []
    merged = files._merged

    def finishing() -> object:
        tries.append(1)
        if len(tries) == 3:
            unfinished.unlink()
        return merged()

    monkeypatch.setattr(files, "_merged", finishing)
    assert list(files.metrics()) == []
    assert len(tries) == 3


def test_a_zombie_is_no_worker() -> None:
    """A process that has ended and is not yet waited for does not live."""
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.read() == b""
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_alive(process.pid) == (sys.platform != "linux")
    finally:
        process.wait()
        process.stdout.close()
    assert not is_alive(process.pid)
    assert is_alive(os.getpid())
