"""The TCP ports that local stacks listen on."""

from __future__ import annotations

import contextlib
import random
import socket

from stackduel.model.errors import LaunchError
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM

LOOPBACK = "127.0.0.1"
# Below those that Linux, macOS and Windows give to outgoing connections, which could take one between our look at it
# and the server's.
PORTS = range(20_000, 32_000)
PORTS_TRIED = 200


def registered_port(name: str) -> int:
    """The port that the registry gives to a stack, or a free one for the user's own."""
    registry = load_registry()
    if name == DOWNSTREAM:
        return registry.downstream_port
    return registry.entries[name].port if name in registry.entries else free_port()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment; raises LaunchError where there is none."""
    for port in random.sample(PORTS, PORTS_TRIED):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise LaunchError(f"none of {PORTS_TRIED} ports from {PORTS.start} to {PORTS.stop - 1} is free")
