"""When a host did not run what was ready to run: ``python -m tests.truth.late_host --core C``.

It sleeps half a millisecond at a time on that core, and keeps when it was woken late. For each line on stdin it writes
a line with what it has kept since the last one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from stackduel.load.shards.own_process import bind_to
from tests.truth.serving import ROOT

SLEEP_S = 0.0005
LATE_NS = 300_000


class Watch:
    """The process, as a test asks it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def held_up(self) -> list[tuple[int, int]]:
        """Return from when to when the host held the core up, since the last time, in nanoseconds of perf_counter."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [(from_ns, to_ns) for from_ns, to_ns in json.loads(self._process.stdout.readline())]


@contextmanager
def watch_on(core: int) -> Iterator[Watch]:
    """A watch of that core."""
    command = [sys.executable, "-m", "tests.truth.late_host", "--core", str(core)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        watch = Watch(process)
        watch.held_up()
        yield watch
        process.kill()


def _tell(kept: list[tuple[int, int]]) -> None:
    for _ in sys.stdin:
        told = kept.copy()
        del kept[: len(told)]
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Watch until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.late_host", description="Watch a core.")
    parser.add_argument("--core", type=int, required=True, help="the CPU to be bound to")
    bind_to(parser.parse_args().core)
    kept: list[tuple[int, int]] = []
    threading.Thread(target=_tell, args=(kept,), daemon=True).start()
    while True:
        from_ns = time.perf_counter_ns()
        time.sleep(SLEEP_S)
        to_ns = time.perf_counter_ns()
        if to_ns - from_ns > 1e9 * SLEEP_S + LATE_NS:
            kept.append((from_ns, to_ns))


if __name__ == "__main__":
    main()
