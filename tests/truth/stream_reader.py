"""The engine's reading of streams, in a process that also says when it read each event.

``python -m tests.truth.stream_reader --core C`` takes a job a line on stdin, and answers with a line that holds what
one shard made of it and what it read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import uvloop

from stackduel.load.job import Job
from stackduel.load.recording import streams
from stackduel.load.recording.merging import merge
from stackduel.load.recording.shard_result import ShardResult
from stackduel.load.schedule.shares import split
from stackduel.load.shards.own_process import bind_to
from stackduel.load.shards.shard import run_shard
from stackduel.load.streams.stream_reader import ReadEvents, StreamReader
from stackduel.load.streams.stream_tally import StreamTally
from stackduel.model.histogram import Nanoseconds
from stackduel.model.measurement import Measurement
from tests.stackduel.load.measuring import FakeCoordinator
from tests.truth.serving import ROOT


@dataclass(frozen=True, slots=True)
class Reads:
    """When each event was due and read, and when each stream was asked for and its first event read."""

    due_ns: Nanoseconds
    read_ns: Nanoseconds
    asked_ns: Nanoseconds
    first_ns: Nanoseconds


class KeepingTally(StreamTally):
    """Keeps what it adds up."""

    events: ClassVar[list[tuple[float, float]]] = []
    asked: ClassVar[list[tuple[float, float]]] = []

    def add(self, events: ReadEvents) -> None:
        """Add events of one stream."""
        super().add(events)
        self.events.extend(zip(events.due_s.tolist(), events.read_s.tolist(), strict=True))

    def finish(self, reader: StreamReader, from_s: float) -> None:
        """Add what is known of a stream once no more of it counts."""
        super().finish(reader, from_s)
        self.asked.append((from_s, reader.first_s))


class Reader:
    """The process, as a test asks it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self, job: Job) -> tuple[Measurement, Reads]:
        """Return what was measured of a job, and what was read."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job.to_json()) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        due_ns, read_ns = _nanoseconds(answer["events"])
        asked_ns, first_ns = _nanoseconds(answer["asked"])
        return merge([ShardResult.from_json(answer["result"])]), Reads(due_ns, read_ns, asked_ns, first_ns)


def _nanoseconds(pairs: list[list[float]]) -> tuple[Nanoseconds, Nanoseconds]:
    one, other = np.rint(np.array(pairs).reshape(-1, 2).T * 1e9).astype(np.int64)
    return one, other


@contextmanager
def reader_on(core: int) -> Iterator[Reader]:
    """A reader on that core."""
    command = [sys.executable, "-m", "tests.truth.stream_reader", "--core", str(core)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Reader(process)
        process.kill()


def main() -> None:
    """Read streams until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.stream_reader", description="Read streams.")
    parser.add_argument("--core", type=int, required=True, help="the CPU to be bound to")
    bind_to(parser.parse_args().core)
    streams.StreamTally = KeepingTally  # type: ignore[attr-defined]
    for line in sys.stdin:
        KeepingTally.events.clear()
        KeepingTally.asked.clear()
        job = Job.from_json(json.loads(line))
        (share,) = split(job.load, 1)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result = runner.run(run_shard(job, share, FakeCoordinator()))
        answer = {"result": result.to_json(), "events": KeepingTally.events, "asked": KeepingTally.asked}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
