"""Real servers for tests: started in a process group of their own, waited for, and always reaped."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.contract.wire import ClosedError, ask

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 8.0
# Outgoing connections take theirs from above: a port that the system calls free may be one of those a moment later.
PORTS = iter(range(random.randrange(10_000, 25_000), 32_000))


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
def all_served(
    names: Iterable[str], folder: Path, environ: Mapping[str, str] | None = None
) -> Iterator[dict[str, Served]]:
    """The servers of these stacks by name, started at once and answering."""
    with all_started({name: (name, environ or {}) for name in names}, folder) as servers:
        yield servers


@contextmanager
def all_started(starts: Mapping[str, tuple[str, Mapping[str, str]]], folder: Path) -> Iterator[dict[str, Served]]:
    """Servers by a name of each start, which is a stack and its environment; started at once and answering."""
    with ExitStack() as stack:
        servers = {name: stack.enter_context(_starting(name, *start, folder)) for name, start in starts.items()}
        try:
            for server in servers.values():
                _wait_until_healthy(server)
            yield servers
        finally:  # all stop at the same time, and each is then waited for
            for server in servers.values():
                server.process.terminate()


@contextmanager
def served(name: str, folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """The server of one stack, answering."""
    with all_served([name], folder, environ) as servers:
        yield servers[name]


@contextmanager
def _starting(name: str, stack: str, environ: Mapping[str, str], folder: Path) -> Iterator[Served]:
    log, port = folder / f"{name}.log", free_port()
    command = [sys.executable, "-m", "stackduel_servers.serve", stack, "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "CPUS": "1", **environ},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Served(name, port, process, log)
    finally:
        _stop(process)


def _wait_until_healthy(server: Served) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and server.process.poll() is None:
        with suppress(OSError, ClosedError):
            if ask(server.port, "/health").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"{server.name} did not answer within {START_S:g} s; its log ends:\n{server.log_tail()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Whatever of its process group is left after it was asked to stop is killed.
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_S)
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait(timeout=STOP_S)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never the same twice, and never one of an outgoing connection."""
    for port in PORTS:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def group_members(group_id: int) -> list[int]:
    """The living processes of a process group."""
    members = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if os.getpgid(int(folder.name)) == group_id and " Z " not in (folder / "stat").read_text():
                    members.append(int(folder.name))
    return members
