"""The runner's connection to its shards: lines of JSON each way, to a process or a container."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Protocol

from stackduel.model.target import Subject
from stackduel.process.endings import how_it_ended
from stackduel_servers.isolation import isolated_python

ShardMessage = Mapping[str, Any]
Deliver = Callable[[ShardMessage | None], None]

# The module to run, and its command line.
Program = tuple[str, ...]

WORKER: Program = ("stackduel.load.shards.worker",)
END_WITHIN_S = 2.0
TAIL_LINES = 40


class Channel(Protocol):
    """A shard's process, here or in a container, and the connection to it."""

    same_clock: bool
    """Whether it shares this process's clock, so that all shards can begin at one moment."""

    @property
    def subject(self) -> Subject | None:
        """Its container; None for a process of this runner."""

    def open(self, deliver: Deliver) -> None:
        """Start the shard. A thread of the channel delivers its events, and None after the last one.

        A channel that was closed, or whose shard ended, can be opened again.
        """

    def send(self, message: ShardMessage) -> None:
        """Send a message without waiting; messages to an ended shard are lost, which the delivered None shows."""

    def alive(self) -> bool:
        """Return whether the shard runs."""

    def ending(self) -> str:
        """Return how a shard ended that did so by itself, without a subject: ``was ended by SIGKILL``."""

    def stderr_tail(self) -> str:
        """Return the last lines that the shard wrote to stderr."""

    def close(self) -> None:
        """End the shard within a few seconds, by force if needed."""


def encode(message: ShardMessage) -> bytes:
    """Return a message as one line of JSON."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class ProcessChannel:
    """A shard, or another program of ours, in a process of this machine.

    It has a process group of its own, so that a Ctrl-C in the terminal does not reach it.
    """

    same_clock = True

    def __init__(self, core: int | None = None, program: Program = WORKER) -> None:
        self._core = core
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._threads: list[Thread] = []

    @property
    def subject(self) -> Subject | None:
        """None: a process of this runner."""
        return None

    def open(self, deliver: Deliver) -> None:
        """Start the process; raises OSError if that is not possible."""
        self.close()
        process = subprocess.Popen(
            _command(self._program, self._core),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            **_own_group(),
        )
        if not (process.stdin and process.stdout and process.stderr):
            raise OSError("no pipes to the process")
        self._process = process
        self._outbox = SimpleQueue()
        self._tail.clear()
        self._threads = [
            Thread(target=_write, args=(process.stdin, self._outbox), daemon=True),
            Thread(target=_read, args=(process.stdout, deliver), daemon=True),
            Thread(target=_keep, args=(process.stderr, self._tail), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: ShardMessage) -> None:
        """Send a message without waiting."""
        self._outbox.put(encode(message))

    def alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str:
        """Return how the process ended: its pipes may close a moment before."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                return how_it_ended(self._process.wait(END_WITHIN_S))
        return "ended"

    def stderr_tail(self) -> str:
        """Return the last lines that the process wrote to stderr."""
        return "\n".join(self._tail)

    def close(self) -> None:
        """End the process by closing its stdin, else by force."""
        process, self._process = self._process, None
        if process is None:
            return
        self._outbox.put(None)
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join(END_WITHIN_S)


def _command(program: Program, core: int | None) -> list[str]:
    command = [*isolated_python(), "-m", *program]
    return command if core is None else [*command, "--core", str(core)]


def _environment() -> dict[str, str]:
    """Return this process's environment, without numpy's threads, which a shard never needs."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _write(stream: BinaryIO, outbox: SimpleQueue[bytes | None]) -> None:
    """Write the messages of the outbox, so that no other thread waits for a shard that does not read."""
    try:
        with stream:
            while (line := outbox.get()) is not None:
                stream.write(line)
                stream.flush()
    except OSError:
        return  # the process ended, which ends its events, too


def _read(stream: BinaryIO, deliver: Deliver) -> None:
    with stream:
        for line in stream:
            deliver(json.loads(line))
    deliver(None)


def _keep(stream: BinaryIO, tail: deque[str]) -> None:
    with stream:
        for line in stream:
            tail.append(line.decode(errors="replace").rstrip())
