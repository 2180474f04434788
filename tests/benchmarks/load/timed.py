"""A server with exact service times in a process of its own, where no client's work can delay it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.clock import clock, until
from benchmarks.target import Address
from tests.benchmarks.load.scripted import ANSWER, ScriptedServer, Visit

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def serving_apart(delays_s: Sequence[float], phases: int) -> Iterator[Address]:
    """Serve answers after these delays, in turn on each connection.

    The first answer on a connection comes later by one of so many ``phases`` of the first delay, so that the
    connections are not in step.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.load.timed", json.dumps([delays_s, phases])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Address("127.0.0.1", int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


def main() -> None:
    """Serve until stdin ends."""
    delays_s, phases = json.loads(sys.argv[1])

    async def script(visit: Visit) -> None:
        number = 0
        phase_s = delays_s[0] * (visit.number % phases) / phases
        async for _ in visit.requests():
            due_s = clock() + delays_s[number % len(delays_s)] + phase_s
            # A loop's timers are a millisecond late: the last two are spent turning.
            await until(due_s - 0.002)
            while clock() < due_s:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await visit.send(ANSWER)
            number += 1
            phase_s = 0.0

    with ScriptedServer(script) as server:
        sys.stdout.write(f"{server.address.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
