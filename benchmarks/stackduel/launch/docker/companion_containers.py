"""Companions of the user's in containers: on the network of the run's containers, or reached by a published port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import MappingProxyType
from typing import Any

from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.confinement import ANY_IMAGE
from stackduel.containers.engine import ENGINE_ERRORS, connect, explained
from stackduel.containers.images import SayLine, ensure_pulled
from stackduel.containers.ownership import COMPANION_LABEL, clean, discard, labels
from stackduel.launch.docker.server_container import LOOPBACK, ServerContainer, server_in
from stackduel.launch.readiness import wait_until_ready
from stackduel.model.stack import Image, OwnCompanion

BRIDGE = "bridge"
# Databases start as root, take over their folder and give root up themselves: these capabilities do for that.
STARTS_AS_ROOT = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
CONFINEMENT: Mapping[str, Any] = MappingProxyType({**ANY_IMAGE, "cap_add": STARTS_AS_ROOT})


class CompanionContainers:
    """Starts companions in containers of the run ``run_id``, on these cores."""

    def __init__(self, run_id: str, cores: tuple[int, ...], say: SayLine) -> None:
        self._run_id = run_id
        self._cores = cores
        self._say = say
        self._made = 0

    @contextmanager
    def serving(self, companion: OwnCompanion, source: Image, network: str | None) -> Iterator[ServerContainer]:
        """Start a container, wait until it is ready, and remove it with its data in the end; raises LaunchError."""
        with closing(connect()) as client:
            if not self._made:
                for done in clean(client):
                    self._say(done)
            image = ensure_pulled(client, source.reference, self._say)
            published = network is None or not _is_internal(client, network)
            container = self._create(client, companion, source, image, network or BRIDGE, published=published)
            try:
                with explained(f"companion {companion.name}: starting its container"):
                    container.start()
                server = server_in(companion.name, container, source.port, network or BRIDGE, published=published)
                wait_until_ready(companion, server, _running_in(container))
                yield server
            finally:
                discard(container)

    def _create(
        self,
        client: DockerClient,
        companion: OwnCompanion,
        source: Image,
        image: str,
        network: str,
        *,
        published: bool,
    ) -> Container:
        self._made += 1
        with explained(f"companion {companion.name}: creating its container"):
            return client.containers.create(
                image,
                name=f"stackduel-{self._run_id}-{companion.name}-{self._made:03d}",
                environment=dict(source.env),
                labels={**labels(self._run_id), COMPANION_LABEL: companion.name},
                network=network,
                ports={f"{source.port}/tcp": (LOOPBACK, 0)} if published else {},
                cpuset_cpus=",".join(map(str, self._cores)),
                **CONFINEMENT,
            )


def _is_internal(client: DockerClient, network: str) -> bool:
    with explained(f"looking at the network {network}"):
        return bool(client.networks.get(network).attrs.get("Internal"))


def _running_in(container: Container) -> Callable[[tuple[str, ...]], bool]:
    def run(words: tuple[str, ...]) -> bool:
        try:
            return bool(container.exec_run(list(words)).exit_code == 0)
        except ENGINE_ERRORS:
            return False

    return run
