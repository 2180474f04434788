"""A shard's process: ``python -m stackduel.load.shards.worker``, spoken to in JSON lines on stdin and stdout.

It reads ``{"id", "job", "share"}``, then ``{"id", "start"}`` (a moment of the clock, or null for at once) or
``{"id", "abort"}``, and while the window is open maybe ``{"id", "stop"}``, which closes it early. It writes
``{"event", "id", ...}``: ``ready`` once, then for each job ``warm``, ``started``, ``progress``, ``stopped`` and
``result``, or else ``error`` or ``aborted``. It ends with ``{"quit"}``, and also when stdin ends, so even a killed
runner leaves no worker behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import threading
import traceback
from collections.abc import Mapping
from typing import Any, BinaryIO

from stackduel.load.job import Job
from stackduel.load.recording.shard_result import ShardResult
from stackduel.load.schedule.shares import Share
from stackduel.load.shards.own_process import allow_many_files, bind_to, events, fastest_runner, hand_on_stdin
from stackduel.load.shards.shard import run_shard


def main(arguments: list[str] | None = None) -> None:
    """Serve until a message to quit, or until stdin ends."""
    parser = argparse.ArgumentParser(
        prog="python -m stackduel.load.shards.worker", description="A load generator's shard."
    )
    parser.add_argument("--core", type=int, help="the CPU to be bound to")
    options = parser.parse_args(arguments)
    bind_to(options.core)
    allow_many_files()
    with events() as stream:
        fastest_runner()(_serve(stream))


async def _serve(stream: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    worker = Worker(stream)
    threading.Thread(target=hand_on_stdin, args=(loop, worker.receive), daemon=True).start()
    worker.emit("ready", pid=os.getpid())
    await worker.quit()


class Worker:
    """Runs one job at a time, and coordinates its shard with the runner."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._quit = asyncio.Event()
        self._id: int | None = None
        self._start: asyncio.Future[float | None] | None = None
        self._stop = asyncio.Event()
        self._task: asyncio.Task[ShardResult] | None = None

    async def quit(self) -> None:
        """Return when the worker must end and its job has ended."""
        await self._quit.wait()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def receive(self, line: bytes) -> None:
        """Obey a message; an empty line is the end of stdin."""
        message = json.loads(line) if line else {"quit": True}
        if "quit" in message:
            self._quit.set()
        elif "job" in message:
            self._begin(message)
        elif message["id"] != self._id or self._task is None:
            return
        elif "abort" in message:
            self._task.cancel()
        elif "stop" in message:
            self._stop.set()
        elif self._start is not None and not self._start.done():
            self._start.set_result(message["start"])

    def emit(self, event: str, **content: Any) -> None:
        """Write and flush an event."""
        line = json.dumps({"event": event, "id": self._id, **content}, separators=(",", ":"))
        try:
            self._stream.write(line.encode() + b"\n")
            self._stream.flush()
        except BrokenPipeError:
            self._quit.set()

    def warm(self) -> None:
        """Report that the warm-up is done."""
        self.emit("warm")

    async def start(self) -> float | None:
        """Return the moment that the runner set for all shards."""
        if self._start is None:
            raise RuntimeError("no job has begun")
        return await self._start

    def started(self, opened_s: float) -> None:
        """Report that the window is open."""
        self.emit("started", opened_s=opened_s)

    def progress(self, requests: int, succeeded: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Report the progress so far."""
        self.emit("progress", requests=requests, succeeded=succeeded, elapsed_s=elapsed_s, recent_ms=recent_ms)

    async def called_off(self) -> None:
        """Return when the runner wants the window closed."""
        await self._stop.wait()

    def stopped(self) -> None:
        """Report that the window is closed."""
        self.emit("stopped")

    def _begin(self, message: Mapping[str, Any]) -> None:
        if self._task is not None and not self._task.done():
            raise RuntimeError("a job came while another was going on")
        loop = asyncio.get_running_loop()
        self._id, self._start, self._stop = message["id"], loop.create_future(), asyncio.Event()
        self._task = loop.create_task(self._perform(message))
        self._task.add_done_callback(self._end)

    async def _perform(self, message: Mapping[str, Any]) -> ShardResult:
        return await run_shard(Job.from_json(message["job"]), Share.from_json(message["share"]), self)

    def _end(self, task: asyncio.Task[ShardResult]) -> None:
        if task.cancelled():
            self.emit("aborted")
        elif (error := task.exception()) is not None:
            traceback.print_exception(error)
            self.emit("error", text=f"{type(error).__name__}: {error}")
        else:
            self.emit("result", result=task.result().to_json())


if __name__ == "__main__":
    main()
