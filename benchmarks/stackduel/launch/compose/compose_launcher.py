"""Attach to stacks that the user started, as the running containers of a compose project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

from docker.models.containers import Container

from stackduel.application.interpreter_probe import answer_of
from stackduel.application.stack_packages import question_of
from stackduel.containers.bounded_api import is_frozen
from stackduel.containers.engine import connect, explained, refuse_if_frozen
from stackduel.containers.forwarding import port_forwarding
from stackduel.containers.journal import Journal, journals, state_folder
from stackduel.containers.ownership import Owner, clean, labels, unpause
from stackduel.launch.companion import StackWithCompanion, companion_of
from stackduel.launch.compose.compose_project import (
    UP,
    UP_ALL,
    companion_containers,
    cores_of,
    downstream_container,
    limits_of,
    network_of,
    published_port,
    stack_containers,
    unequal,
)
from stackduel.launch.docker.server_container import ServerContainer, server_in
from stackduel.launch.docker.usable_engine import usable_engine
from stackduel.launch.health import wait_until_healthy
from stackduel.launch.health_check import HealthCheck, health_check
from stackduel.launch.launcher import Started
from stackduel.model.counted import counted
from stackduel.model.errors import LaunchError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Registered, Stack
from stackduel.model.target import Address, Subject
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM


class ComposeLauncher:
    """Measures the running containers of a compose project, one at a time, the others paused meanwhile.

    With ``cores`` it refuses a container that was started with fewer or more: its workers cannot follow any more.
    """

    name = "compose"

    def __init__(
        self, run_id: str, project: str | None = None, journals_in: Path | None = None, cores: tuple[int, ...] = ()
    ) -> None:
        self._run_id = run_id
        self._cores = cores
        self._project = project
        self._folder = journals_in or state_folder()
        self._shared = ExitStack()

    def __enter__(self) -> Self:
        """Find the project's containers, and write the journal of those that this run may pause."""
        with ExitStack() as shared:
            self._client = shared.enter_context(closing(connect()))
            self._engine = usable_engine(self._client)
            clean(self._client, self._folder)
            self._containers = stack_containers(self._client, self._project)
            self._companions = companion_containers(self._client, self._containers)
            self._refuse_if_measured()
            found = downstream_container(self._client, self._containers)
            self._downstream = _downstream_in(found) if found else None
            self._forwarding = port_forwarding(self._client, self._engine, self._any_image(), labels(self._run_id))
            shared.enter_context(self._journal())
            self._shared = shared.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Unpause the containers that this run paused."""
        self._shared.close()

    @property
    def network(self) -> str:
        """The name of the network that the project's containers share."""
        return network_of(next(iter(self._containers.values())))

    @property
    def downstream(self) -> Subject | None:
        """None: the compose project runs it."""
        return None

    @property
    def budget(self) -> None:
        """None: it starts nothing."""
        return None

    def downstream_log(self, lines: int) -> str:  # noqa: ARG002 - the protocol's
        """Return an empty text: the compose project runs it."""
        return ""

    def lost(self) -> LostPart | None:
        """Return the project's downstream if it has ended, or the engine if it does not answer."""
        how = self._downstream.failure() if self._downstream else None
        if is_frozen(self._client):
            return LostPart("the Docker engine", "does not answer")
        return LostPart("the downstream", f"has failed: {how}") if how else None

    def restore(self) -> None:
        """Start the project's downstream again; raises LaunchError if that does not succeed."""
        refuse_if_frozen(self._client)
        if self._downstream is None or self._downstream.failure() is None:
            return
        container = downstream_container(self._client, self._containers)
        if container is None:
            raise LaunchError(f"the downstream of the project is gone; start it first: {UP}")
        with explained("starting the downstream of the project again"):
            if container.status == "paused":
                container.unpause()
            else:
                container.start()
        self._downstream = _downstream_in(container)
        wait_until_healthy(DOWNSTREAM, self._downstream, HealthCheck())

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Pause the other containers, unpause this stack's; raises LaunchError if it is not up or not healthy."""
        return self._measured(stack)

    def alone(self, module: Sequence[str]) -> str:
        """Raise LaunchError: it starts nothing."""
        raise LaunchError(f"{module[0]}: --launcher {self.name} starts no process of its own")

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        """Return what the Python in a stack's container says of itself; None if it does not answer."""
        with self._measured(stack), explained(f"{stack.name}: asking its Python what it is"):
            status, printed = self._container_of(stack).exec_run(["python", *question_of(stack).words], stderr=False)
        if status or not isinstance(printed, bytes):
            return None
        try:
            return answer_of(printed.decode(errors="replace")).facts
        except ValueError:
            return None

    def facts(self) -> Mapping[str, object]:
        """Return the engine, the images and the limits by stack, and differences that make the comparison unequal."""
        limits = {name: limits_of(container) for name, container in self._containers.items()}
        return {
            "engine": self._engine.as_dict(),
            "images": {name: str(each.attrs["Image"]) for name, each in self._containers.items()},
            "limits": limits,
            "port_forwarding": self._forwarding,
            "warnings": list(unequal(limits)),
        }

    @contextmanager
    def _measured(self, stack: Stack) -> Iterator[Started]:
        container = self._container_of(stack)
        companion = self._companions.get(stack.name)
        own = [each for each in (container, companion) if each is not None]
        with explained(f"{stack.name}: pausing the other stacks of the project"):
            for each in self._all:
                each.reload()
                if each not in own and each.status == "running":
                    each.pause()
            for each in own:
                if each.status == "paused":
                    each.unpause()
        server = server_in(stack.name, container, published_port(container), network_of(container))
        wait_until_healthy(stack.name, server, health_check(stack))
        yield self._accompanied(stack, server, companion)

    def _accompanied(self, stack: Stack, server: ServerContainer, container: Container | None) -> Started:
        """Return the server with its companion, which publishes no port; raises LaunchError if that is not up."""
        wanted = companion_of(stack)
        if wanted is None:
            return server
        if container is None or not isinstance(wanted.stack.source, Registered):
            raise LaunchError(f"{stack.name}: its companion is not up in the compose project; start it first: {UP_ALL}")
        inside = container.attrs["NetworkSettings"]["Networks"][server.network]["IPAddress"]
        address = Address(inside, wanted.stack.source.entry.port)
        return StackWithCompanion(
            server, ServerContainer(wanted.stack.name, container, address, address, server.network)
        )

    @property
    def _all(self) -> tuple[Container, ...]:
        """Return the containers that this run may pause: those of the stacks and of their companions."""
        return (*self._containers.values(), *self._companions.values())

    def _container_of(self, stack: Stack) -> Container:
        if not isinstance(stack.source, Registered):
            raise LaunchError(f"{stack.name}: only the registry's stacks run in the compose project")
        if stack.source.settings:
            raise LaunchError(f"{stack.name}: its container runs with its own settings; --launcher docker sets others")
        container = self._containers.get(stack.source.entry.name)
        if container is None:
            raise LaunchError(f"{stack.name}: not up in the compose project; start it first: {UP} (or {UP_ALL})")
        if self._cores and cores_of(container) != len(self._cores):
            size, cpuset = len(self._cores), ",".join(map(str, self._cores))
            raise LaunchError(
                f"--cores: the container of {stack.name} was not started with {counted(size, 'core')}; "
                f"start it so: STACKDUEL_CPUS={size} STACKDUEL_CPUSET={cpuset} {UP}"
            )
        return container

    def _any_image(self) -> str:
        return str(next(iter(self._containers.values())).attrs["Image"])

    @contextmanager
    def _journal(self) -> Iterator[None]:
        with explained("asking the engine for its id"):
            engine_id = str(self._client.info()["ID"])
        ids = tuple(str(container.id) for container in self._all)
        journal = Journal(self._run_id, Owner.current().label, engine_id, ids)
        journal.write(self._folder)
        try:
            yield
        finally:
            unpause(self._client, ids)
            journal.erase(self._folder)

    def _refuse_if_measured(self) -> None:
        # Journals of dead runs are already removed: the owner of a journal with our containers is alive.
        ids = {str(container.id) for container in self._all}
        for journal in journals(self._folder):
            if ids.intersection(journal.containers):
                raise LaunchError(f"run {journal.run_id} ({journal.owner}) is measuring this project")
        for name, container in self._containers.items():
            if container.status == "paused":
                raise LaunchError(f"{name}: somebody paused its container; docker compose unpause {name}")


def _downstream_in(container: Container) -> ServerContainer:
    """Return the downstream that runs in a container; raises LaunchError with its log if it has ended."""
    published = bool(container.attrs["HostConfig"]["PortBindings"])
    port, network = load_registry().downstream_port, network_of(container)
    return server_in(DOWNSTREAM, container, port, network, published=published)
