"""How the runner talks to its shards: a line each way at a time, whatever they run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, Protocol

from stackduel.model.target import Subject
from stackduel_servers.isolation import isolated_python

ShardMessage = Mapping[str, Any]
Deliver = Callable[[ShardMessage | None], None]

# The module that is run, and what its command line holds.
Program = tuple[str, ...]

WORKER: Program = ("stackduel.load.shards.worker",)
END_WITHIN_S = 2.0
TAIL_LINES = 40


class Channel(Protocol):
    """A shard's process, wherever it runs, and the line to it."""

    same_clock: bool
    """Whether its clock is this process's: then a moment can be named at which all begin."""

    @property
    def subject(self) -> Subject | None:
        """What it runs in, where that is no process of this runner's."""

    def open(self, deliver: Deliver) -> None:
        """Start the shard. Its events are delivered on a thread of the channel's, at the end of them None.

        A channel that was closed, or whose shard ended, can be opened again.
        """

    def send(self, message: ShardMessage) -> None:
        """Send a message without waiting; one to a shard that has ended is lost, as the None told."""

    def alive(self) -> bool:
        """Whether the shard runs."""

    def stderr_tail(self) -> str:
        """The last lines that the shard wrote to stderr."""

    def close(self) -> None:
        """End the shard within a few seconds, one way or the other."""


def encode(message: ShardMessage) -> bytes:
    """Return a message as one line of JSON."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class ProcessChannel:
    """A shard, or another program of ours, in a process of this machine.

    It is in a group of its own: a Ctrl-C in the terminal is not for it.
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
        """A process of this runner's."""
        return None

    def open(self, deliver: Deliver) -> None:
        """Start the process; raises OSError where that is not possible."""
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
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def stderr_tail(self) -> str:
        """The last lines that the process wrote to stderr."""
        return "\n".join(self._tail)

    def close(self) -> None:
        """End the process: by the end of its stdin, else by force."""
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
    """This process's; numpy gets no threads for what a shard never computes."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _write(stream: BinaryIO, outbox: SimpleQueue[bytes | None]) -> None:
    """Write what is in the outbox, so that no one else waits for a shard that does not read."""
    try:
        with stream:
            while (line := outbox.get()) is not None:
                stream.write(line)
                stream.flush()
    except OSError:
        return  # it ended: its events end, too


def _read(stream: BinaryIO, deliver: Deliver) -> None:
    with stream:
        for line in stream:
            deliver(json.loads(line))
    deliver(None)


def _keep(stream: BinaryIO, tail: deque[str]) -> None:
    with stream:
        for line in stream:
            tail.append(line.decode(errors="replace").rstrip())
