"""Whether an engine can do what a run asks of it, told before everything else."""

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
    """What the engine is; raises LaunchError where the ports that it publishes are not on this machine."""
    facts = describe(client)
    if not facts.local:
        raise LaunchError(
            f"the engine at {client.api.base_url} is on another machine, and so are the ports that its containers "
            "publish; run there, or compare by --launcher url"
        )
    return facts


def refuse_without_gpus(client: DockerClient, image: str, labels: Mapping[str, str], device: str | None) -> None:
    """Have the engine start a container with the device's GPUs, if it has any; raises LaunchError if it cannot."""
    if not (asked := gpus(device)):
        return
    with explained("starting a container with GPUs"):
        container = client.containers.create(
            image, ["python", "-c", ""], labels=dict(labels), network_mode="none", **asked, **OWN_IMAGE
        )
    try:
        container.start()
    except docker.errors.APIError as error:
        said = str(error.explanation).strip().rstrip(".")
        raise LaunchError(f"--device: cuda cannot be used: the engine says: {said}. {TOOLKIT}") from error
    finally:
        discard(container)
