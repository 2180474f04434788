"""Another process that takes a share of a core in bursts: ``python -m tests.truth.neighbour --share 0.3``.

It is bound to the core that stackduel gives the server, where that is possible: there it disturbs most.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.model.budget import divide
from stackduel.process.cores import usable_cores

ROOT = Path(__file__).resolve().parents[2]
SHARE = 0.3
# The longest burst is shorter than the windows of the truth suite, so that every window holds some.
BURST_S = (0.02, 0.15)


@contextmanager
def noisy_neighbour(share: float = SHARE) -> Iterator[int]:
    """Run such a process meanwhile, and give its number."""
    command = [sys.executable, "-m", "tests.truth.neighbour", "--share", str(share)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def bursts(share: float, draw: random.Random) -> Iterator[tuple[float, float]]:
    """For how many seconds it works, and for how many it then rests, again and again; ``share`` in the long run."""
    while True:
        burst_s = draw.uniform(*BURST_S)
        yield burst_s, burst_s * (1 - share) / share * draw.uniform(0.5, 1.5)


def main() -> None:
    """Take the share that the arguments say until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=SHARE, help=f"of a core, from above 0 to 1 (default {SHARE})")
    share = parser.parse_args().share
    if not 0 < share <= 1:
        parser.error("--share: must be above 0 and at most 1")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(divide(usable_cores()).server))
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    for burst_s, rest_s in bursts(share, random.Random()):
        # CPU time, not the clock: what it does not get at once it takes later, as a job does.
        ends_s = time.process_time() + burst_s
        while time.process_time() < ends_s:
            pass
        time.sleep(rest_s)


if __name__ == "__main__":
    main()
