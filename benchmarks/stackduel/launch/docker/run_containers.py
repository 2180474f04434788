"""The containers of one run: created on its network with its labels, and removed when their block ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import requests
from docker import DockerClient
from docker.models.containers import Container
from docker.types import EndpointConfig

from stackduel.containers.confinement import gpus, limits
from stackduel.containers.engine import explained
from stackduel.containers.ownership import STACK_LABEL, discard
from stackduel.launch.docker.container_spec import Spec
from stackduel.launch.docker.server_container import LOOPBACK, ServerContainer, server_in
from stackduel.launch.health import wait_until_healthy
from stackduel.model.errors import LaunchError

HEALTHY_WITHIN_S = 60.0
ENDED_WITHIN_S = 120


class RunContainers:
    """Makes the containers of a run, each with the same memory; ``network`` must exist."""

    def __init__(
        self, client: DockerClient, run_id: str, labels: Mapping[str, str], network: str, memory_mib: int
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._labels = labels
        self._network = network
        self._memory_mib = memory_mib
        self._made = 0

    @contextmanager
    def serving(self, spec: Spec) -> Iterator[ServerContainer]:
        """Start a container and yield its healthy server; raises LaunchError with its log if it is not healthy."""
        with self._created(spec) as container:
            with explained(f"{spec.name}: starting its container"):
                container.start()
            server = server_in(spec.name, container, spec.port, self._network)
            wait_until_healthy(spec.name, server, spec.health, HEALTHY_WITHIN_S)
            yield server

    def output(self, spec: Spec, module: Sequence[str]) -> str:
        """Run a module of ours to its end; return its output.

        Raises LaunchError with its last lines if it fails or does not end.
        """
        with self._created(spec, ("python", "-m", *module)) as container:
            with explained(f"{module[0]}: running it"):
                container.start()
                status = _ended(container, module[0])
                output = container.logs(stdout=True, stderr=bool(status)).decode(errors="replace")
            if status:
                raise LaunchError(f"{module[0]}: ended with exit status {status}\n{output[-2000:]}".rstrip())
            return str(output)

    @contextmanager
    def _created(self, spec: Spec, command: Sequence[str] | None = None) -> Iterator[Container]:
        """Yield a created container, not yet started, and remove it afterwards; ``command`` replaces its image's."""
        self._made += 1
        with explained(f"{spec.name}: creating its container"):
            container = self._client.containers.create(
                spec.image,
                list(command) if command else None,
                name=f"stackduel-{self._run_id}-{self._made:03d}-{spec.name}",
                environment=dict(spec.env),
                labels={**self._labels, STACK_LABEL: spec.name},
                network=self._network,
                networking_config={self._network: EndpointConfig(self._client.api.api_version, [spec.name])},
                mounts=list(spec.mounts),
                ports={f"{spec.port}/tcp": (LOOPBACK, 0)} if spec.port else {},
                **limits(spec.cores, self._memory_mib),
                **gpus(spec.device),
                **spec.confinement,
            )
        try:
            yield container
        finally:
            discard(container)


def _ended(container: Container, name: str) -> int:
    """Wait for a container to end by itself; return its exit status."""
    try:
        return int(container.wait(timeout=ENDED_WITHIN_S)["StatusCode"])
    except requests.exceptions.RequestException:
        raise LaunchError(f"{name}: did not end within {ENDED_WITHIN_S:g} s") from None
