"""How the engine forwards a published port: packets rewritten by the kernel, or bytes copied by a process."""

from __future__ import annotations

import contextlib
import socket
from typing import Literal

from docker import DockerClient

from stackduel.containers.confinement import OWN_IMAGE
from stackduel.containers.engine import EngineFacts, explained
from stackduel.containers.ownership import discard

Forwarding = Literal["kernel", "proxy"]

SILENT_PORT = 9
TRY_S = 2.0


def port_forwarding(client: DockerClient, facts: EngineFacts, image: str, labels: dict[str, str]) -> Forwarding | None:
    """Return how connections to 127.0.0.1 reach a container; None if the test failed.

    The engine does not report it. But a forwarding process accepts a connection even if no server inside listens,
    while the kernel refuses that connection. ``image`` is any of ours: it runs for a moment.
    """
    if facts.desktop or facts.rootless:
        return "proxy"
    with explained("finding out how the engine forwards ports"):
        container = client.containers.create(
            image,
            ["python", "-c", "input()"],
            stdin_open=True,
            labels=labels,
            ports={f"{SILENT_PORT}/tcp": ("127.0.0.1", 0)},
            **OWN_IMAGE,
        )
        try:
            container.start()
            container.reload()
            published = container.ports.get(f"{SILENT_PORT}/tcp")
            return forwarding_to(int(published[0]["HostPort"])) if published else None
        finally:
            discard(container)


def forwarding_to(port: int) -> Forwarding | None:
    """Return the kind of forwarding, by connecting to a published port of 127.0.0.1 with no listener behind it."""
    with contextlib.suppress(TimeoutError):
        try:
            socket.create_connection(("127.0.0.1", port), TRY_S).close()
        except ConnectionRefusedError:
            return "kernel"
        return "proxy"
    return None
