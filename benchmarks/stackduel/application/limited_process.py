"""A process in the user's own interpreter: within limits of time and memory, and without anything left of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from stackduel.model.errors import FieldError
from stackduel.process.endings import how_it_ended

# The end of what it prints tells why it ended.
KEPT_OUTPUT_BYTES = 16_384
LOOK_EVERY_S = 0.05
MIB = 2**20


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """The bounds of a process: one that goes over them is ended, and the user told so."""

    seconds: float = 60.0
    memory_mib: int = 2048


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, as part of a sentence, and the end of what it printed; ``status`` is None for a limit."""

    status: int | None
    how: str
    output: str


def run_limited(
    command: Sequence[str], folder: Path, limits: ProcessLimits, environ: Mapping[str, str] | None = None
) -> Ended:
    """Run a command of the user's interpreter to its end or to a limit, in a session of its own that ends with it.

    ``environ`` replaces the environment of this process. Raises FieldError if it cannot be started.
    """
    with _started(command, folder, environ) as (process, output):
        status, how = _watched(process, limits)
    return Ended(status, how, output.text())


@contextlib.contextmanager
def _started(
    command: Sequence[str], folder: Path, environ: Mapping[str, str] | None
) -> Iterator[tuple[subprocess.Popen[bytes], _Tail]]:
    """Start a process in a session of its own, and end all of that session afterwards."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=None if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise FieldError(f"--python: {command[0]} cannot be started: {error.strerror}") from error
    output = _Tail(process)
    try:
        yield process, output
    finally:
        _end_session(process)
        output.close()


def _watched(process: subprocess.Popen[bytes], limits: ProcessLimits) -> tuple[int | None, str]:
    deadline = time.monotonic() + limits.seconds
    while (status := process.poll()) is None:
        if time.monotonic() > deadline:
            return None, f"did not end within {limits.seconds:g} s"
        if _memory_mib(process.pid) > limits.memory_mib:
            return None, f"took more than {limits.memory_mib} MiB of memory"
        time.sleep(LOOK_EVERY_S)
    return status, how_it_ended(status)


def _memory_mib(pid: int) -> float:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / MIB
    return 0.0


def _end_session(process: subprocess.Popen[bytes]) -> None:
    """End the process, and what it has started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Tail:
    """The end of what a process prints, read as it comes so that the process never waits for a reader."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._kept = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        """Return what was kept."""
        return self._kept.decode(errors="replace").strip()

    def close(self) -> None:
        """Wait for the end of the output, shortly: a process that left the session may hold the pipe."""
        self._reader.join(1.0)
        if not self._reader.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        stdout = self._process.stdout
        while stdout is not None and (piece := os.read(stdout.fileno(), 65_536)):
            self._kept = (self._kept + piece)[-KEPT_OUTPUT_BYTES:]
