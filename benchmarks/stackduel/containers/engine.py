"""The one place that connects to the Docker engine, and the engine's facts for a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import requests
from docker import DockerClient

from stackduel.containers.bounded_api import BoundedClient, is_frozen
from stackduel.model.errors import LaunchError

ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException)


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The engine's description of itself; ``local``: its published ports are this machine's,
    ``gpus``: NVIDIA's container toolkit is set up in it."""

    version: str
    api_version: str
    operating_system: str
    cgroup_version: str
    storage_driver: str
    cores: int
    memory_mib: int
    desktop: bool
    rootless: bool
    local: bool
    gpus: bool

    def as_dict(self) -> dict[str, object]:
        """Return the facts by name, for a result."""
        return asdict(self)


def connect() -> DockerClient:
    """Return a client for the engine of DOCKER_HOST, or of the current Docker context; the caller closes it.

    Raises LaunchError with a remedy when no engine answers.
    """
    try:
        return BoundedClient.of_environment()
    except ENGINE_ERRORS as error:
        where = os.environ.get("DOCKER_HOST") or "the default address"
        raise LaunchError(f"no Docker engine answers at {where}: {_cause(error)}. {_remedy(error)}") from error


def describe(client: DockerClient) -> EngineFacts:
    """Read the engine's facts from it; raises LaunchError when it does not answer."""
    with explained("asking the engine what it is"):
        return parse_facts(client.info(), client.api.api_version, client.api.base_url)


def parse_facts(info: Mapping[str, Any], api_version: str, base_url: str) -> EngineFacts:
    """Read the facts out of the engine's answer to ``/info``."""
    system = info.get("OperatingSystem", "")
    return EngineFacts(
        version=info.get("ServerVersion", ""),
        api_version=api_version,
        operating_system=system,
        cgroup_version=info.get("CgroupVersion", "1"),
        storage_driver=info.get("Driver", ""),
        cores=info.get("NCPU", 0),
        memory_mib=info.get("MemTotal", 0) // (1024 * 1024),
        desktop="docker desktop" in system.lower(),
        rootless=any("name=rootless" in option for option in info.get("SecurityOptions") or ()),
        local=_is_local(base_url),
        gpus=_has_toolkit(info),
    )


def reaches_containers(engine: EngineFacts) -> bool:
    """Return whether this machine reaches containers by their own addresses: they are on a bridge of its kernel."""
    return sys.platform == "linux" and engine.local and not engine.desktop and not engine.rootless


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn exceptions of the SDK in the block into a LaunchError that names the action."""
    try:
        yield
    except ENGINE_ERRORS as error:
        raise LaunchError(f"{action}: {_cause(error)}") from error


def refuse_if_frozen(client: DockerClient) -> None:
    """Raise LaunchError if the engine did not answer the latest call."""
    if is_frozen(client):
        raise LaunchError("nothing can be started without the Docker engine")


def _is_local(base_url: str) -> bool:
    # The SDK shows sockets and named pipes as http+docker://localhost and ://localnpipe, and SSH as ://ssh.
    return (urlsplit(base_url).hostname or "") in {"localhost", "localnpipe", "127.0.0.1", "::1"}


def _has_toolkit(info: Mapping[str, Any]) -> bool:
    # Set up as a runtime (nvidia-ctk runtime configure), or by the specifications that engine 28.3 finds itself.
    ids = [str(device.get("ID", "")) for device in info.get("DiscoveredDevices") or ()]
    return "nvidia" in (info.get("Runtimes") or {}) or any(each.startswith("nvidia.com/gpu") for each in ids)


def _cause(error: Exception) -> str:
    explanation = getattr(error, "explanation", None)
    if explanation:
        return str(explanation).strip().rstrip(".")
    deepest: BaseException = error
    while deepest.__cause__ or deepest.__context__:
        deepest = deepest.__cause__ or deepest.__context__ or deepest
    return getattr(deepest, "strerror", None) or str(deepest) or type(deepest).__name__


def _remedy(error: Exception) -> str:
    if "permission denied" in _cause(error).lower():
        return "Add yourself to the group docker, or run as a user who may reach the engine's socket."
    return "Start Docker (Docker Desktop, or the service docker), or set DOCKER_HOST to where it listens."
