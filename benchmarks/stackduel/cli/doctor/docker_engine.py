"""The Docker engine, and the way from this machine into its containers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from docker import DockerClient

from stackduel.cli.doctor.diagnosis import Diagnosis
from stackduel.cli.doctor.quiet import consequence
from stackduel.containers import engine
from stackduel.containers.engine import EngineFacts
from stackduel.containers.forwarding import port_forwarding
from stackduel.containers.images import own_image
from stackduel.containers.ownership import labels
from stackduel.model.errors import LaunchError


def findings() -> Iterator[Diagnosis]:
    """Look at the engine, and at how it forwards published ports."""
    try:
        client = engine.connect()
    except LaunchError as error:
        yield Diagnosis("Docker engine", "missing", str(error))
        return
    with closing(client):
        facts = engine.describe(client)
        detail = f"{facts.version} on {facts.operating_system}, cgroup v{facts.cgroup_version}, {facts.cores} cores"
        yield Diagnosis("Docker engine", "good", detail)
        yield _forwarding(client, facts)


def _forwarding(client: DockerClient, facts: EngineFacts) -> Diagnosis:
    """Try how the engine forwards a port, with any image of ours that is there: none is built for this alone."""
    image = own_image(client)
    if image is None:
        detail = "unknown until the first run with --launcher docker has built an image"
        return Diagnosis("published ports", "limit", detail)
    match port_forwarding(client, facts, image, labels("doctor")):
        case "kernel":
            return Diagnosis("published ports", "good", "forwarded by the kernel")
        case "proxy":
            detail = (
                "forwarded by the userland proxy, which slows every request; its CPU counts as other processes'. "
                f"{consequence('foreign-cpu')} Use --generator container."
            )
            return Diagnosis("published ports", "limit", detail)
        case _:
            return Diagnosis("published ports", "limit", "how they are forwarded is unknown")
