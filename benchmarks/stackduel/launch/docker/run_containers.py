"""The containers of one run: created on its network with its labels, and removed when their block ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

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
from stackduel.process.endings import how_it_ended

ENDED_WITHIN_S = 120
LOOK_EVERY_S = 0.2


class RunContainers:
    """Makes the containers of a run, each with the same memory; ``network`` must exist.

    On an ``internal`` network they have no way out, and publish no port.
    """

    def __init__(
        self,
        client: DockerClient,
        run_id: str,
        labels: Mapping[str, str],
        network: str,
        memory_mib: int,
        *,
        internal: bool = False,
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._labels = labels
        self._network = network
        self._memory_mib = memory_mib
        self._internal = internal
        self._made = 0

    @contextmanager
    def serving(self, spec: Spec) -> Iterator[ServerContainer]:
        """Start a container and yield its healthy server; raises LaunchError with its log if it is not healthy."""
        with self._created(spec) as container:
            with explained(f"{spec.name}: starting its container"):
                container.start()
            server = server_in(spec.name, container, spec.port, self._network, spec.asked, published=not self._internal)
            wait_until_healthy(spec.name, server, spec.health)
            yield server

    def output(self, spec: Spec, what: str, command: Sequence[str]) -> str:
        """Run a command to its end, in place of what the image starts; return its output. Errors name it ``what``.

        Raises LaunchError with its last lines if it fails or does not end.
        """
        with self._created(spec, command) as container:
            with explained(f"{what}: running it"):
                container.start()
                status = _ended(container, what)
                output = container.logs(stdout=True, stderr=bool(status)).decode(errors="replace")
            if status:
                raise LaunchError(f"{what}: {how_it_ended(status)}\n{output[-2000:]}".rstrip())
            return str(output)

    @contextmanager
    def _created(self, spec: Spec, command: Sequence[str] | None = None) -> Iterator[Container]:
        """Yield a created container, not yet started, and remove it afterwards.

        A ``command`` replaces that of its image, its entry point included.
        """
        self._made += 1
        with explained(f"{spec.name}: creating its container"):
            container = self._client.containers.create(
                spec.image,
                list(command[1:]) if command else None,
                entrypoint=[command[0]] if command else None,
                name=f"stackduel-{self._run_id}-{self._made:03d}-{spec.name.replace('@', '-')}",
                environment=dict(spec.env),
                labels={**self._labels, STACK_LABEL: spec.name},
                network=self._network,
                networking_config={self._network: EndpointConfig(self._client.api.api_version, [spec.name])},
                mounts=list(spec.mounts),
                ports={f"{spec.port}/tcp": (LOOPBACK, 0)} if spec.port and not self._internal else {},
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
    deadline_s = time.monotonic() + ENDED_WITHIN_S
    while time.monotonic() < deadline_s:
        container.reload()
        if container.status in {"exited", "dead"}:
            return int(container.attrs["State"]["ExitCode"])
        time.sleep(LOOK_EVERY_S)
    raise LaunchError(f"{name}: did not end within {ENDED_WITHIN_S:g} s")
