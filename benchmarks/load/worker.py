"""A shard's process: ``python -m benchmarks.load.worker``, spoken to in JSON lines on stdin and stdout.

It reads ``{"id", "job", "share"}``, then ``{"id", "start"}`` (a moment of the clock, or null for at once) or
``{"id", "abort"}``. It writes ``{"event", "id", ...}``: ``ready`` once, then for each job ``warm``, ``started``,
``progress``, ``stopped`` and ``result``, or else ``error`` or ``aborted``. It ends with ``{"quit"}``, and also when
stdin ends: no runner, however it died, leaves a worker behind.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, BinaryIO

from benchmarks.load.job import Job
from benchmarks.load.part import Part
from benchmarks.load.schedule import Share
from benchmarks.load.shard import run_shard

READ_BYTES = 1024 * 1024
END_WITHIN_S = 3.0


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to quit, or until stdin ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.worker", description="A load generator's shard.")
    parser.add_argument("--core", type=int, help="the CPU to be bound to")
    options = parser.parse_args(arguments)
    _bind_to(options.core)
    _allow_many_files()
    with _events() as stream:
        _runner()(_serve(stream))


async def _serve(stream: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    worker = Worker(stream)
    threading.Thread(target=_read, args=(loop, worker.receive), daemon=True).start()
    worker.emit("ready", pid=os.getpid())
    await worker.quit()


class Worker:
    """Carries out one job at a time, and is the cue of its shard."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._quit = asyncio.Event()
        self._id: int | None = None
        self._start: asyncio.Future[float | None] | None = None
        self._task: asyncio.Task[Part] | None = None

    async def quit(self) -> None:
        """Return when it is time to end, and whatever was going on has ended."""
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
        elif self._start is not None and not self._start.done():
            self._start.set_result(message["start"])

    def emit(self, event: str, **content: Any) -> None:
        """Write an event; it is gone when this returns."""
        line = json.dumps({"event": event, "id": self._id, **content}, separators=(",", ":"))
        try:
            self._stream.write(line.encode() + b"\n")
            self._stream.flush()
        except BrokenPipeError:
            self._quit.set()

    def warm(self) -> None:
        """Cue: the warm-up is done."""
        self.emit("warm")

    async def start(self) -> float | None:
        """Cue: the moment that the runner set for all shards."""
        if self._start is None:
            raise RuntimeError("no job has begun")
        return await self._start

    def started(self, opened_s: float) -> None:
        """Cue: the window is open."""
        self.emit("started", opened_s=opened_s)

    def progress(self, requests: int, elapsed_s: float) -> None:
        """Cue: so far."""
        self.emit("progress", requests=requests, elapsed_s=elapsed_s)

    def stopped(self) -> None:
        """Cue: the window is closed."""
        self.emit("stopped")

    def _begin(self, message: Mapping[str, Any]) -> None:
        if self._task is not None and not self._task.done():
            raise RuntimeError("a job came while another was going on")
        loop = asyncio.get_running_loop()
        self._id, self._start = message["id"], loop.create_future()
        self._task = loop.create_task(self._perform(message))
        self._task.add_done_callback(self._end)

    async def _perform(self, message: Mapping[str, Any]) -> Part:
        return await run_shard(Job.from_json(message["job"]), Share.from_json(message["share"]), self)

    def _end(self, task: asyncio.Task[Part]) -> None:
        if task.cancelled():
            self.emit("aborted")
        elif (error := task.exception()) is not None:
            traceback.print_exception(error)
            self.emit("error", text=f"{type(error).__name__}: {error}")
        else:
            self.emit("result", part=task.result().to_json())


def _read(loop: asyncio.AbstractEventLoop, receive: Callable[[bytes], None]) -> None:
    """Hand on every line of stdin, and its end; then make sure that this process ends."""
    for line in _lines(sys.stdin.fileno()):
        loop.call_soon_threadsafe(receive, line)
    with contextlib.suppress(RuntimeError):  # the loop may have ended before
        loop.call_soon_threadsafe(receive, b"")
    time.sleep(END_WITHIN_S)
    os._exit(1)


def _lines(descriptor: int) -> Iterator[bytes]:
    """The lines of a stream, as they come.

    Not by a buffered reader: it would hold a lock that the interpreter wants when it ends.
    """
    begun: list[bytes] = []
    while chunk := os.read(descriptor, READ_BYTES):
        first, *rest = chunk.split(b"\n")
        begun.append(first)
        for piece in rest:
            yield b"".join(begun)
            begun = [piece]


@contextlib.contextmanager
def _events() -> Iterator[BinaryIO]:
    """A stream to the former stdout, which from now on is stderr: nothing else can get between the events."""
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)
        yield stream


def _bind_to(core: int | None) -> None:
    """Run on one CPU only, where there is a way; what came of it stands in every result."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})


def _allow_many_files() -> None:
    """Raise the limit of open files as far as this process may: a connection is a file."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  (not on Windows)

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """What runs a coroutine on the fastest event loop that is installed."""
    try:
        loops = importlib.import_module("winloop" if sys.platform == "win32" else "uvloop")
    except ImportError:
        return asyncio.run
    run: Callable[[Coroutine[Any, Any, None]], None] = loops.run
    return run


if __name__ == "__main__":
    main()
