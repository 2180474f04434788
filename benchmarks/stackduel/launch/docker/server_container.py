"""A server that runs in a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker.errors
from docker.models.containers import Container

from stackduel.containers.engine import ENGINE_ERRORS, explained
from stackduel.model.errors import LaunchError
from stackduel.model.target import Address, ContainerRef

LOG_LINES = 20
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

    def log_tail(self, lines: int = LOG_LINES) -> str:
        """Return the last lines of its standard output and error."""
        try:
            return self._container.logs(tail=lines).decode(errors="replace").rstrip()
        except ENGINE_ERRORS as error:
            return f"(its log cannot be read: {error})"


def server_in(name: str, container: Container, port: int, network: str) -> ServerContainer:
    """Return the server that listens on ``port`` in a container; raises LaunchError with its log if it has ended."""
    with explained(f"{name}: looking at its container"):
        container.reload()
    ended = why_ended(container.attrs["State"])
    published = container.ports.get(f"{port}/tcp")
    if ended or not published:
        log = container.logs(tail=LOG_LINES).decode(errors="replace").rstrip()
        raise LaunchError(f"{name}: {ended or f'port {port} of its container is not published'}\n{log}".rstrip())
    outside = published[0]
    host = LOOPBACK if outside["HostIp"] in EVERYWHERE else outside["HostIp"]
    inside = container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
    return ServerContainer(name, container, Address(host, int(outside["HostPort"])), Address(inside, port), network)


def why_ended(state: Mapping[str, Any]) -> str | None:
    """Return a sentence on why a container does not run, from its inspected ``State``; None while it runs."""
    match state:
        case {"OOMKilled": True, "Running": False}:
            return f"its container ran out of memory and ended with exit status {state['ExitCode']}"
        case {"Paused": True}:
            return "its container is paused"
        case {"Running": True}:
            return None
        case {"Error": str(error), "ExitCode": code} if error:
            return f"its container ended with exit status {code}: {error}"
        case _:
            return f"its container ended with exit status {state.get('ExitCode')}"
