"""The owner of a container, a network or a pause, and the removal of dead runs' leftovers."""

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
# On a companion's container: the name of its stack.
COMPANION_LABEL = "stackduel.companion"
# Setting the clock during a run moves the start times that the system reports. Erring on this side
# keeps a dead run's leftovers a little longer; erring on the other would take a living run's containers.
CLOCK_TOLERANCE_S = 60.0
GONE_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its host, its id, and its start time (seconds since the epoch)."""

    host: str
    pid: int
    started: float

    @classmethod
    def current(cls) -> Self:
        """Return this process."""
        process = psutil.Process()
        return cls(platform.node(), process.pid, process.create_time())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of ``label``; raises ValueError on anything else."""
        host, pid, started = text.rsplit(":", 2)
        return cls(host, int(pid), float(started))

    @property
    def label(self) -> str:
        """Return the owner as the text of a label."""
        return f"{self.host}:{self.pid}:{self.started:.2f}"

    def is_alive(self) -> bool:
        """Return whether it still runs; an owner on another host counts as alive, because this host cannot check."""
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
    """Return the labels of everything that this process makes for the run."""
    return {RUN_LABEL: run_id, OWNER_LABEL: Owner.current().label}


def clean(client: DockerClient, folder: Path | None = None) -> list[str]:
    """Remove and unpause dead runs' leftovers; return one sentence for each action.

    ``folder`` holds the journals of pauses (default: the user's state folder). Living runs are not
    touched. Raises LaunchError when the engine does not answer.
    """
    with explained("clearing what dead runs left"):
        return [
            *_remove(client, OWNER_LABEL, doomed=_is_dead),
            *_unpause_dead(client, folder or state_folder()),
        ]


def remove_run(client: DockerClient, run_id: str) -> list[str]:
    """Remove every container and network of a run; return one sentence for each."""
    with explained(f"removing what run {run_id} made"):
        return list(_remove(client, f"{RUN_LABEL}={run_id}", doomed=lambda _owner: True))


def discard(container: Container) -> None:
    """Kill and remove a container, unless it is already gone. Raises LaunchError."""
    with explained(f"removing container {container.name}"):
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            # Another process is already removing it, such as a second cleanup. Until then it holds on to its network.
            if "already in progress" not in str(error.explanation):
                raise
            with contextlib.suppress(docker.errors.NotFound):
                container.wait(condition="removed", timeout=GONE_WITHIN_S)


def unpause(client: DockerClient, container_ids: Iterable[str]) -> list[str]:
    """Unpause the containers that are paused; return one sentence for each.

    Tries all of them, then raises LaunchError for those that failed.
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
