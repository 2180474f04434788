"""One server process under its guard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil

from stackduel.launch.local import guard
from stackduel.launch.local.kept_log import KeptLog
from stackduel.model.errors import LaunchError
from stackduel.model.server_end import ServerEnd
from stackduel.model.target import Address, ProcessTree
from stackduel.process.endings import how_it_ended

STOPPED_WITHIN_S = guard.GRACE_S + 5.0
# A killed process is gone at once, unless the system is busy with it.
KILLED_WITHIN_S = 5.0
# What a server wrote before it ended is read within this time, unless a process outside its tree holds its output open.
READ_WITHIN_S = 2.0


class LocalProcess:
    """One guarded server process and its log."""

    def __init__(self, name: str, address: Address, process: subprocess.Popen[bytes], log: KeptLog) -> None:
        self.name = name
        self.address = address
        self._process = process
        self._log = log
        self._pid: int | None = None

    @property
    def subject(self) -> ProcessTree:
        """The server's process tree, without the guard; raises LaunchError if it could not be started."""
        if self._pid is None:
            line = self._process.stdout.readline() if self._process.stdout else b""
            if not line.strip().isdigit():
                # The guard says why before it ends, and its output may end first.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOPPED_WITHIN_S)
                raise LaunchError(f"{self.name}: {self.log_tail() or 'it could not be started'}")
            self._pid = int(line)
        return ProcessTree(self._pid)

    @property
    def inner_address(self) -> None:
        """None: a local process is on no containers' network."""
        return None

    def failure(self) -> str | None:
        """Return how it ended, in a sentence; None until it has."""
        ending = self.ending()
        return None if ending is None else f"the server {ending}"

    def ending(self) -> str | None:
        """Return how it ended, without a subject; None until it has."""
        status = self._process.poll()
        return None if status is None else how_it_ended(status)

    def lost_companion(self) -> None:
        """None: it has no companion."""
        return

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of its standard output and error."""
        if self._process.poll() is not None:
            self._log.finish(READ_WITHIN_S)
        return self._log.tail(lines)

    def terminate(self, grace_s: float) -> ServerEnd:
        """Send the server's first process SIGTERM, and kill its group after ``grace_s``; return how it ended."""
        if sys.platform == "win32":
            raise LaunchError(f"{self.name}: Windows has no SIGTERM; --launcher docker has")
        pid, begun_s = self.subject.pid, time.monotonic()
        try:
            server = psutil.Process(pid)
            server.terminate()
            server.wait(grace_s)
        except psutil.NoSuchProcess:
            return ServerEnd(time.monotonic() - begun_s, killed=False)
        except psutil.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            server.wait(KILLED_WITHIN_S)
            return ServerEnd(time.monotonic() - begun_s, killed=True)
        return ServerEnd(time.monotonic() - begun_s, killed=False)

    def stop(self) -> None:
        """Close the guard's input, which takes the tree down, and reap it; then its log is complete."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.finish(READ_WITHIN_S)
        self._log.close()
