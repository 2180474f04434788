"""The check, before a run starts, that the engine can do what the run needs."""

from __future__ import annotations

from collections.abc import Mapping

import docker.errors
from docker import DockerClient

from stackduel.containers.confinement import OWN_IMAGE, gpus
from stackduel.containers.engine import EngineFacts, describe, explained
from stackduel.containers.ownership import discard
from stackduel.model.errors import LaunchError

TOOLKIT = (
    "It needs NVIDIA's driver and Container Toolkit on its machine (nvidia-ctk runtime configure --runtime=docker, "
    "then a restart of the engine)."
)


def usable_engine(client: DockerClient) -> EngineFacts:
    """Return the engine's facts; raises LaunchError if its published ports are not on this machine."""
    facts = describe(client)
    if not facts.local:
        raise LaunchError(
            f"the engine at {client.api.base_url} is on another machine, and so are the ports that its containers "
            "publish; run there, or compare by --launcher url"
        )
    return facts


def refuse_without_gpus(client: DockerClient, image: str, labels: Mapping[str, str], device: str | None) -> None:
    """Start a test container with GPUs if the device needs them; raises LaunchError if the engine cannot."""
    if not (request := gpus(device)):
        return
    with explained("starting a container with GPUs"):
        container = client.containers.create(
            image, ["python", "-c", ""], labels=dict(labels), network_mode="none", **request, **OWN_IMAGE
        )
    try:
        container.start()
    except docker.errors.APIError as error:
        reason = str(error.explanation).strip().rstrip(".")
        raise LaunchError(f"--device: cuda cannot be used: the engine says: {reason}. {TOOLKIT}") from error
    finally:
        discard(container)
