"""A server that runs in a container."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import docker.errors
from docker.models.containers import Container

from stackduel.containers.engine import ENGINE_ERRORS, explained
from stackduel.model.errors import LaunchError
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import LOCALHOST
from stackduel.model.target import Address, ContainerRef
from stackduel.process.endings import SHELL_OFFSET, how_it_ended

# How requests are made to a container that nobody says more of.
ASKED = Address("", 0, authority=LOCALHOST)

LOG_LINES = 20
# Windows has no SIGKILL, and is where this program runs, not the container.
KILLED_STATUS = SHELL_OFFSET + getattr(signal, "SIGKILL", 9)
LOOPBACK = "127.0.0.1"
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - read, not bound


class ServerContainer:
    """A running server in a container: its address for this machine, and its address for other containers.

    ``inner_address`` is its IP address on ``network``, so that clients there look up no name.
    """

    def __init__(self, name: str, container: Container, address: Address, inner_address: Address, network: str) -> None:
        self.name = name
        self.address = address
        self.inner_address = inner_address
        self.network = network
        self._container = container

    @property
    def subject(self) -> ContainerRef:
        """The container to observe."""
        return ContainerRef(str(self._container.id))

    def failure(self) -> str | None:
        """Return the exit status, and whether it ran out of memory; None until its container has ended."""
        try:
            self._container.reload()
        except docker.errors.NotFound:
            return "its container was removed"
        except ENGINE_ERRORS as error:
            return f"the engine does not answer: {error}"
        return why_ended(self._container.attrs["State"])

    def lost_companion(self) -> None:
        """None: it has no companion."""
        return

    def terminate(self, grace_s: float) -> ServerEnd:
        """Stop its container as ``docker stop`` does: SIGTERM, and SIGKILL after ``grace_s``, in whole seconds."""
        begun_s = time.monotonic()
        with explained(f"{self.name}: stopping its container"):
            self._container.stop(timeout=math.ceil(grace_s))
            ended_s = time.monotonic() - begun_s
            self._container.reload()
        killed = ended_s >= grace_s and self._container.attrs["State"]["ExitCode"] == KILLED_STATUS
        return ServerEnd(ended_s, killed)

    def log_tail(self, lines: int = LOG_LINES) -> str:
        """Return the last lines of its standard output and error."""
        try:
            return self._container.logs(tail=lines).decode(errors="replace").rstrip()
        except ENGINE_ERRORS as error:
            return f"(its log cannot be read: {error})"


def server_in(
    name: str, container: Container, port: int, network: str, asked: Address = ASKED, *, published: bool = True
) -> ServerContainer:
    """Return the server that listens on ``port`` in a container; raises LaunchError with its log if it has ended.

    Without a ``published`` port this machine reaches it as the other containers do.
    """
    with explained(f"{name}: looking at its container"):
        container.reload()
    ended = why_ended(container.attrs["State"])
    outer = container.ports.get(f"{port}/tcp")
    if ended or (published and not outer):
        log = container.logs(tail=LOG_LINES).decode(errors="replace").rstrip()
        raise LaunchError(f"{name}: {ended or f'port {port} of its container is not published'}", log)
    inside = replace(asked, host=container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"], port=port)
    outside = _published_at(outer[0], asked) if published and outer else inside
    return ServerContainer(name, container, outside, inside, network)


def _published_at(port: Mapping[str, str], asked: Address) -> Address:
    host = LOOPBACK if port["HostIp"] in EVERYWHERE else port["HostIp"]
    return replace(asked, host=host, port=int(port["HostPort"]))


def why_ended(state: Mapping[str, Any]) -> str | None:
    """Return a sentence on why a container does not run, from its inspected ``State``; None while it runs."""
    match state:
        case {"OOMKilled": True, "Running": False}:
            return f"its container ran out of memory and {how_it_ended(state['ExitCode'])}"
        case {"Paused": True}:
            return "its container is paused"
        case {"Running": True}:
            return None
        case {"Error": str(error), "ExitCode": code} if error:
            return f"its container {how_it_ended(code)}: {error}"
        case _:
            return f"its container {how_it_ended(state.get('ExitCode', 0))}"
