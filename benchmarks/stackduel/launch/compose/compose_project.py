"""The containers of a compose project, looked up by their labels."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.engine import connect, explained
from stackduel.containers.ownership import COMPANION_LABEL, STACK_LABEL
from stackduel.containers.recipes import ROOT
from stackduel.model.errors import LaunchError
from stackduel_servers.serve import DOWNSTREAM

PROJECT_LABEL = "com.docker.compose.project"
FOLDER_LABEL = "com.docker.compose.project.working_dir"
SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
UP = "docker compose up --build -d"
UP_ALL = (
    "docker compose --profile controls --profile extended --profile inference --profile service --profile triton "
    "up --build -d"
)
# The fields of a container's HostConfig that hold its budget.
LIMITS = ("CpusetCpus", "NanoCpus", "CpuQuota", "Memory", "MemorySwap", "PidsLimit")


def stacks_up(project: str | None = None) -> frozenset[str]:
    """Return the running stacks of a compose project; raises LaunchError if there is none."""
    with closing(connect()) as client:
        found = stack_containers(client, project)
    running = frozenset(name for name, container in found.items() if container.status == "running")
    if not running:
        raise LaunchError(f"no stack of the compose project runs ({', '.join(sorted(found))}); start them first: {UP}")
    return running


def stack_containers(client: DockerClient, project: str | None) -> dict[str, Container]:
    """Return the containers of a project by stack, running or not; None means the project of this checkout.

    Raises LaunchError if there is none, if several projects match, and if a stack has several containers.
    """
    label = PROJECT_LABEL if project is None else f"{PROJECT_LABEL}={project}"
    with explained("looking for the containers of the compose project"):
        found = client.containers.list(all=True, filters={"label": [STACK_LABEL, label]}, ignore_removed=True)
    found = [each for each in found if each.labels.get(ONE_OFF_LABEL) != "True"]
    if project is None:
        found = [each for each in found if _is_here(each.labels.get(FOLDER_LABEL, ""))]
    if not found:
        where = f"project {project}" if project else "compose project of this folder"
        raise LaunchError(f"no containers of the {where}; start them first: {UP}")
    projects = sorted({each.labels[PROJECT_LABEL] for each in found})
    if len(projects) > 1:
        raise LaunchError(f"several compose projects run from this folder: --project {' or '.join(projects)}?")
    by_stack = {each.labels[STACK_LABEL]: each for each in found}
    if len(by_stack) < len(found):
        raise LaunchError(f"project {projects[0]}: a stack runs in several containers; one of each is compared")
    return by_stack


def companion_containers(client: DockerClient, stacks: Mapping[str, Container]) -> dict[str, Container]:
    """Return the companions' containers of the same projects, by stack."""
    projects = {each.labels[PROJECT_LABEL] for each in stacks.values()}
    with explained("looking for the companions in the compose project"):
        found = client.containers.list(all=True, filters={"label": [COMPANION_LABEL]}, ignore_removed=True)
    return {each.labels[COMPANION_LABEL]: each for each in found if each.labels.get(PROJECT_LABEL) in projects}


def downstream_container(client: DockerClient, stacks: Mapping[str, Container]) -> Container | None:
    """Return the container of the downstream in the project of these stacks; None where it has none."""
    projects = {each.labels[PROJECT_LABEL] for each in stacks.values()}
    label = f"{SERVICE_LABEL}={DOWNSTREAM}"
    with explained("looking for the downstream in the compose project"):
        found = client.containers.list(all=True, filters={"label": [label]}, ignore_removed=True)
    ours = (each for each in found if each.labels.get(PROJECT_LABEL) in projects)
    return next((each for each in ours if each.labels.get(ONE_OFF_LABEL) != "True"), None)


def published_port(container: Container) -> int:
    """Return the inner port that the container publishes; raises LaunchError if it publishes none or several."""
    ports = [key for key in container.attrs["HostConfig"]["PortBindings"] or () if key.endswith("/tcp")]
    if len(ports) != 1:
        raise LaunchError(f"{container.name}: publishes {len(ports)} ports; exactly one is needed")
    return int(ports[0].removesuffix("/tcp"))


def network_of(container: Container) -> str:
    """Return the name of the container's (first) network."""
    return str(next(iter(container.attrs["NetworkSettings"]["Networks"])))


def limits_of(container: Container) -> dict[str, object]:
    """Return the container's budget, as fields of the engine."""
    return {name: container.attrs["HostConfig"].get(name) for name in LIMITS}


def cores_of(container: Container) -> int | None:
    """Return how many cores a container was started with: those of its cpuset, if its ``CPUS`` agree; else None."""
    variables = dict(each.partition("=")[::2] for each in container.attrs["Config"]["Env"] or ())
    count = _cpuset_size(container.attrs["HostConfig"].get("CpusetCpus") or "")
    return count if variables.get("CPUS") == str(count) else None


def _cpuset_size(cpuset: str) -> int:
    """Return how many cores a set such as ``0-3,8`` names."""
    ends = (part.partition("-")[::2] for part in cpuset.split(",") if part)
    return sum(int(last or first) - int(first) + 1 for first, last in ends)


def unequal(limits: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return a sentence for each limit that is not the same for all stacks."""
    sentences = []
    for name in LIMITS:
        values = {stack: each.get(name) for stack, each in limits.items()}
        if len(set(values.values())) > 1:
            listed = ", ".join(f"{stack} {value}" for stack, value in sorted(values.items()))
            sentences.append(f"The containers differ in {name}, which makes the comparison unfair: {listed}.")
    return tuple(sentences)


def _is_here(folder: str) -> bool:
    return bool(folder) and Path(folder).resolve() in {ROOT, Path.cwd().resolve()}
