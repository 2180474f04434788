"""A process that is none of ours, for the tests of observing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

# Leaves behind a child that belongs to nobody here, and tells its number. It gives up by itself, too.
ABANDON = """
import os, time
child = os.fork()
if child:
    print(child, flush=True)
    os._exit(0)
while time.process_time() < 20: pass
"""


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process at work that no process of this test's is the parent of."""
    if not hasattr(os, "fork"):
        pytest.skip("a process cannot be abandoned here")
    with subprocess.Popen([sys.executable, "-c", ABANDON], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
    yield pid
    os.kill(pid, signal.SIGKILL)
