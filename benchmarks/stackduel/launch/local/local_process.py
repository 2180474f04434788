"""One server process under its guard."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stackduel.launch.local import guard
from stackduel.model.errors import LaunchError
from stackduel.model.target import Address, ProcessTree

STOPPED_WITHIN_S = guard.GRACE_S + 5.0


LOG_TAIL_BYTES = 16_384


class LocalProcess:
    """One guarded server process and its log."""

    def __init__(self, name: str, address: Address, process: subprocess.Popen[str], log: Path) -> None:
        self.name = name
        self.address = address
        self._process = process
        self._log = log
        self._pid: int | None = None

    @property
    def subject(self) -> ProcessTree:
        """The server's process tree, without the guard; raises LaunchError if it could not be started."""
        if self._pid is None:
            line = self._process.stdout.readline() if self._process.stdout else ""
            if not line.strip().isdigit():
                raise LaunchError(f"{self.name}: {self.log_tail() or 'it could not be started'}")
            self._pid = int(line)
        return ProcessTree(self._pid)

    @property
    def inner_address(self) -> None:
        """None: a local process is on no containers' network."""
        return None

    def failure(self) -> str | None:
        """Return the exit status in a sentence; None until it has ended."""
        status = self._process.poll()
        return None if status is None else f"the server ended with exit status {status}"

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of its standard output and error."""
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - LOG_TAIL_BYTES))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Close the guard's input, which takes the tree down, and reap it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
