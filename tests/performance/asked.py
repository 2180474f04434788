"""An application under any command that starts it, on the cores of a server, asked by wrk from the other ones."""

from __future__ import annotations

import http.client
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stackduel.launch.local.ports import free_port
from stackduel.model.budget import divide
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.settle import settle
from stackduel.process.cores import kept_on, usable_cores
from tests.performance import wrk

STARTS_WITHIN_S = 60.0
# Longer than any answer of a server that is asked for more than it can do.
ANSWERS_WITHIN_S = 60
ADDRESSES = {
    "gunicorn": "--bind 127.0.0.1:{port}",
    "hypercorn": "--bind 127.0.0.1:{port}",
    "uvicorn": "--host 127.0.0.1 --port {port}",
    "granian": "--host 127.0.0.1 --port {port}",
    "waitress-serve": "--listen 127.0.0.1:{port}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The task of every command: a path by so many connections, from these cores of these."""

    python: Path
    folder: Path
    path: str
    connections: int
    server_cores: frozenset[int]
    wrk_cores: frozenset[int]

    @staticmethod
    def here(python: Path, folder: Path, path: str, connections: int) -> Asked:
        """Return it with the cores that stackduel gives to either side on this host."""
        budget = divide(usable_cores())
        return Asked(python, folder, path, connections, frozenset(budget.server), frozenset(budget.generator))

    @contextmanager
    def served(self, command: str) -> Iterator[int]:
        """Run a command with its address in the block; yield its port. Raises RuntimeError where it does not answer."""
        port = free_port()
        program, *words = shlex.split(command)
        words = [*ADDRESSES[program].format(port=port).split(), *words]
        with tempfile.TemporaryFile() as log, kept_on(self.server_cores):
            server = subprocess.Popen(
                [self.python, self.python.parent / program, *words],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _wait_for(port, self.path, server)
            # Workers start one after another, long after the first of them answers.
            settle(ProcessTreeMeter(server.pid), STARTS_WITHIN_S)
            yield port
        finally:
            _end(server)

    def rate_rps(self, command: str, window_s: int) -> float:
        """Return the answers per second that wrk counts from a fresh server; 0 where one of them was not right."""
        with self.served(command) as port:
            url = f"http://127.0.0.1:{port}{self.path}"
            found = wrk.asked(url, self.connections, window_s, ANSWERS_WITHIN_S, self.wrk_cores)
        return 0.0 if found.errors else found.rate_rps


def _end(server: subprocess.Popen[bytes]) -> None:
    """End a server with all of its workers, if it has not ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(5)
            return


def _wait_for(port: int, path: str, server: subprocess.Popen[bytes]) -> None:
    """Return once a server gives one right answer. Raises RuntimeError if it ends or does not within a minute."""
    until_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until_s and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN_S)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 400:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"{shlex.join(map(str, server.args))} gave no right answer")  # type: ignore[arg-type]
