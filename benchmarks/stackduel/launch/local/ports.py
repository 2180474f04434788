"""The TCP ports and unix sockets that local stacks listen on."""

from __future__ import annotations

import contextlib
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.model.errors import LaunchError
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM

LOOPBACK = "127.0.0.1"
# Below the ports that Linux, macOS and Windows give to outgoing connections: such a connection could take a port
# between our check and the server's start.
PORTS = range(20_000, 32_000)
PORTS_TRIED = 200


def registered_port(name: str) -> int:
    """Return the port that the registry gives to a stack, or a free one for a user's stack."""
    registry = load_registry()
    if name == DOWNSTREAM:
        return registry.downstream_port
    return registry.entries[name].port if name in registry.entries else free_port()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 with no listener at this moment; raises LaunchError if there is none."""
    for port in random.sample(PORTS, PORTS_TRIED):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise LaunchError(f"none of {PORTS_TRIED} ports from {PORTS.start} to {PORTS.stop - 1} is free")


@contextmanager
def free_socket() -> Iterator[str]:
    """Yield the path of a unix socket in a folder of its own, which is removed with whatever lies in it.

    The folder is the system's for temporary files, as such a path has 107 bytes at most.
    """
    with tempfile.TemporaryDirectory(prefix="stackduel-", ignore_cleanup_errors=True) as folder:
        yield str(Path(folder) / "server.sock")
