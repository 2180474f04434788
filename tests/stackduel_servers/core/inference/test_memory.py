"""Returning memory to the system."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

CODE = """
from stackduel_servers.core.health import memory_mib
from stackduel_servers.core.inference.memory import give_back

pieces = [bytes(50_000) for _ in range(2_000)]
kept = pieces[-1]
del pieces
before = memory_mib()
give_back()
print(before - memory_mib())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what is free")
def test_what_is_free_goes_back_to_the_system() -> None:
    """glibc keeps free memory below used memory until ``give_back`` returns it."""
    found = subprocess.run(
        [sys.executable, "-c", CODE], cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True
    )
    assert float(found.stdout) > 50


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock, and no forked workers")
def test_one_worker_loads_at_a_time() -> None:
    """Two processes that load at the same time do so one after the other."""
    code = (
        "import time\nfrom stackduel_servers.core.inference.memory import loading\n"
        "with loading():\n    a = time.monotonic()\n    time.sleep(0.2)\n    print(a, time.monotonic())"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[4], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    spans = sorted(tuple(map(float, worker.communicate(timeout=60)[0].split())) for worker in workers)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
