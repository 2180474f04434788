"""Whose a container, a network or a pause is, and clearing what dead runs left behind."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import docker.errors
import psutil
from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.engine import ENGINE_ERRORS, explained
from stackduel.containers.journal import journals, state_folder
from stackduel.model.errors import LaunchError

RUN_LABEL = "stackduel.run"
OWNER_LABEL = "stackduel.owner"
STACK_LABEL = "stackduel.stack"
# Whom a container that is no stack itself stands beside.
COMPANION_LABEL = "stackduel.companion"
# A clock that is set while a run goes on moves the start times that the system reports. Erring on this side
# keeps a dead run's leftovers a little longer; erring on the other would take a living run's containers.
CLOCK_TOLERANCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: on which host, its id, and when it started (seconds since the epoch)."""

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Self:
        """This process."""
        process = psutil.Process()
        return cls(platform.node(), process.pid, process.create_time())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``label`` wrote; raises ValueError on anything else."""
        host, pid, started = text.rsplit(":", 2)
        return cls(host, int(pid), float(started))

    @property
    def label(self) -> str:
        """The owner as the text of a label."""
        return f"{self.host}:{self.pid}:{self.started:.2f}"

    def is_alive(self) -> bool:
        """Whether it still runs; an owner on another host counts as alive, because nobody here can know."""
        if self.host != platform.node():
            return True
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= CLOCK_TOLERANCE_S
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True


def labels(run_id: str) -> dict[str, str]:
    """The labels of everything that this process makes for the run."""
    return {RUN_LABEL: run_id, OWNER_LABEL: Owner.current().label}


def clean(client: DockerClient, folder: Path | None = None) -> list[str]:
    """Remove and unpause what dead runs left; one sentence for each thing done.

    ``folder`` holds the journals of pauses (default: the user's state folder). Nothing of a living run is
    touched. Raises LaunchError when the engine does not answer.
    """
    with explained("clearing what dead runs left"):
        return [
            *_remove(client, OWNER_LABEL, doomed=_is_dead),
            *_unpause_dead(client, folder or state_folder()),
        ]


def remove_run(client: DockerClient, run_id: str) -> list[str]:
    """Remove every container and network of a run; one sentence for each."""
    with explained(f"removing what run {run_id} made"):
        return list(_remove(client, f"{RUN_LABEL}={run_id}", doomed=lambda _owner: True))


def discard(container: Container) -> None:
    """Kill and remove a container; nothing happens where it is gone already. Raises LaunchError."""
    with explained(f"removing container {container.name}"):
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            # Somebody else is at it, such as a second process that cleans.
            if "already in progress" not in str(error.explanation):
                raise


def unpause(client: DockerClient, container_ids: Iterable[str]) -> list[str]:
    """Unpause whatever of the containers is paused; one sentence for each.

    Raises LaunchError, when all have been tried, for those that could not be.
    """
    done, failed = [], []
    for container_id in container_ids:
        try:
            container = client.containers.get(container_id)
            if container.status == "paused":
                container.unpause()
                done.append(f"unpaused container {container.name}")
        except docker.errors.NotFound:
            continue
        except ENGINE_ERRORS as error:
            failed.append(f"{container_id[:12]}: {error}")
    if failed:
        raise LaunchError(f"could not unpause {'; '.join(failed)}")
    return done


def _remove(client: DockerClient, label: str, doomed: Callable[[str], bool]) -> Iterator[str]:
    for container in client.containers.list(all=True, filters={"label": label}, ignore_removed=True):
        if doomed(container.labels.get(OWNER_LABEL, "")):
            discard(container)
            yield f"removed container {container.name}"
    for network in client.networks.list(filters={"label": label}):
        if doomed(((network.attrs or {}).get("Labels") or {}).get(OWNER_LABEL, "")):
            with contextlib.suppress(docker.errors.NotFound):
                network.remove()
            yield f"removed network {network.name}"


def _unpause_dead(client: DockerClient, folder: Path) -> Iterator[str]:
    engine_id = client.info()["ID"]
    for journal in journals(folder):
        if journal.engine_id == engine_id and _is_dead(journal.owner):
            yield from unpause(client, journal.containers)
            journal.erase(folder)


def _is_dead(owner: str) -> bool:
    try:
        return not Owner.parse(owner).is_alive()
    except ValueError:
        return False
