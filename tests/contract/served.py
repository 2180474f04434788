"""Real servers for tests: started in a process group of their own, waited for, and always reaped."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.contract.wire import ClosedError, ask

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 8.0
# Outgoing connections take their ports from above: asking the system for a free one races with them.
BELOW_EPHEMERAL = 20_000, 30_000


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its name, its port, its process, its log."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def log_tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


@contextmanager
def starting(name: str, folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """The server of stack ``name`` on a free port, not waited for yet; ends with its whole process group."""
    log, port = folder / f"{name}.log", free_port()
    command = [sys.executable, "-m", "servers.serve", name, "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "CPUS": "1", **(environ or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Served(name, port, process, log)
    finally:
        stop(process)


def wait_until_healthy(served: Served) -> None:
    """Wait for the first answer of ``/health``; fails with the log's last lines."""
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and served.process.poll() is None:
        with suppress(OSError, ClosedError):
            if ask(served.port, "/health").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"{served.name} did not answer within {START_S:g} s; its log ends:\n{served.log_tail()}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop, wait, and kill whatever of its process group is left."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_S)
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait(timeout=STOP_S)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that no outgoing connection is given meanwhile."""
    while True:
        port = random.randrange(*BELOW_EPHEMERAL)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
