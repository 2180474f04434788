"""Stacks as containers of our own: images built, containers limited, started and removed by label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import docker.errors
import requests
from docker import DockerClient
from docker.models.containers import Container
from docker.types import EndpointConfig, Mount

from benchmarks.budget import Budget
from benchmarks.containers.confinement import ANY_IMAGE, OWN_IMAGE, TRITON, gpus, in_engine_cores, limits
from benchmarks.containers.engine import EngineFacts, connect, describe, explained
from benchmarks.containers.forwarding import Forwarding, port_forwarding
from benchmarks.containers.images import Recipe, Say, ensure_image, ensure_pulled, recipe_of, server_recipe
from benchmarks.containers.ownership import STACK_LABEL, clean, discard, labels, remove_run
from benchmarks.launch.accompanied import Accompanied, Companion, companion_of
from benchmarks.launch.base import LaunchError, Started
from benchmarks.launch.health import wait_until_healthy
from benchmarks.launch.server_container import LOOPBACK, ServerContainer, server_in
from benchmarks.stacks import Image, Registered, Stack
from benchmarks.target import Subject
from servers import allocator
from servers.models.device import VARIABLE
from servers.models.store import OWN_VARIABLE
from servers.registry import load_registry

HEALTHY_WITHIN_S = 60.0
ALONE_WITHIN_S = 120
OWN_INSIDE = "/own-model.onnx"
# Whose image what is measured alone runs in.
ALONE_IN = "fastapi-uvicorn"
DOWNSTREAM = "downstream"
TOOLKIT = (
    "It needs NVIDIA's driver and Container Toolkit on its machine (nvidia-ctk runtime configure --runtime=docker, "
    "then a restart of the engine)."
)


@dataclass(frozen=True, slots=True)
class Spec:
    """One container to be started: what runs in it, on which port it listens, how it is confined.

    ``device`` is what it computes models on, where it has any.
    """

    name: str
    image: str
    port: int
    cores: tuple[int, ...]
    health: str | None
    confinement: Mapping[str, Any]
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    device: str | None = None


class ContainerLauncher:
    """Starts registered stacks and the user's images, one container each, on a network of the run.

    Stacks of ours see the user's ``own_model``, and cannot change it.
    """

    name = "docker"

    def __init__(
        self,
        budget: Budget,
        run_id: str,
        say: Say = lambda _line: None,
        own_model: Path | None = None,
        device: str | None = None,
    ) -> None:
        self._budget = budget
        self._own_model = own_model
        self._run_id = run_id
        self._say = say
        self._device = device
        self._shared = ExitStack()
        self._images: dict[str, str] = {}
        self._started = 0

    def __enter__(self) -> Self:
        """Clear what dead runs left, make the run's network, start the downstream."""
        with ExitStack() as shared:
            self._client = shared.enter_context(closing(connect()))
            self._engine = usable_engine(self._client)
            self._budget = in_engine_cores(self._budget, self._engine)
            for done in clean(self._client):
                self._say(done)
            self._labels = labels(self._run_id)
            shared.callback(remove_run, self._client, self._run_id)
            self._network = self._make_network()
            image = self._image(server_recipe(DOWNSTREAM, "downstream"))
            self._refuse_without_gpus(image)
            self._forwarding = port_forwarding(self._client, self._engine, image, self._labels)
            self._downstream = shared.enter_context(self._run(self._downstream_spec(image)))
            self._shared = shared.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove every container and the network of the run."""
        self._shared.close()

    @property
    def forwarding(self) -> Forwarding | None:
        """How published ports reach the containers."""
        return self._forwarding

    @property
    def network(self) -> str:
        """The name of the network that the run's containers share."""
        return self._network

    @property
    def downstream(self) -> Subject | None:
        """The downstream's container."""
        return self._downstream.subject

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack in a container; raises LaunchError with its log where it does not get healthy."""
        companion = companion_of(stack)
        return self._accompanied(stack, companion) if companion else self._run(self._spec(stack, {}))

    @contextmanager
    def _accompanied(self, stack: Stack, companion: Companion) -> Iterator[Accompanied]:
        """The companion first, in a container of its own on the same cores, then the stack that calls it."""
        with self._run(self._spec(companion.stack, companion.environment)) as helper:
            told = {companion.url_variable: helper.inner_address.url}
            with self._run(self._spec(stack, told)) as server:
                yield Accompanied(server, helper)

    @property
    def budget(self) -> Budget:
        """Who has which cores: those of the engine."""
        return self._budget

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours to its end, in no stack and on the server's cores; what it printed.

        In a container of its own, of a stack's image. Raises LaunchError with its last lines where it fails or does
        not end.
        """
        entry = load_registry().entries[ALONE_IN]
        spec = Spec(
            name="alone",
            image=self._image(recipe_of(entry, self._device)),
            port=0,
            cores=self._budget.server,
            health="",
            confinement=OWN_IMAGE,
            env={**own_environment(self._own_model), **self._device_variable(), **allocator.ENVIRONMENT},
            mounts=own_mounts(self._own_model),
            device=self._device,
        )
        with self._created(spec, ("python", "-m", *module)) as container:
            with explained(f"{module[0]}: running it"):
                container.start()
                status = self._ended(container, module[0])
                output = container.logs(stdout=True, stderr=bool(status)).decode(errors="replace")
            if status:
                raise LaunchError(f"{module[0]}: ended with exit status {status}\n{output[-2000:]}".rstrip())
            return str(output)

    def facts(self) -> Mapping[str, object]:
        """The engine, the images by stack, how the budget is kept, how published ports are forwarded."""
        return {
            "engine": self._engine.as_dict(),
            "images": dict(self._images),
            "cpu_limit": "cpuset",
            "cores": {"server": list(self._budget.server), "downstream": list(self._budget.downstream)},
            "memory_limit": "cgroup, without swap",
            "port_forwarding": self._forwarding,
        }

    def _spec(self, stack: Stack, told: Mapping[str, str]) -> Spec:
        match stack.source:
            case Registered(entry):
                image = self._image(recipe_of(entry, self._device))
                environment = {
                    "PORT": str(entry.port),
                    "CPUS": str(len(self._budget.server)),
                    "DOWNSTREAM_URL": self._downstream.inner_address.url,
                    **own_environment(self._own_model),
                    **told,
                }
                # The image of Triton computes on the CPU, whatever the others do.
                triton = entry.server == "tritonserver"
                environment |= {} if triton else self._device_variable()
                return Spec(
                    name=stack.name,
                    image=image,
                    port=entry.port,
                    cores=self._budget.server,
                    health=stack.health,
                    confinement=TRITON if triton else OWN_IMAGE,
                    env=environment,
                    mounts=own_mounts(self._own_model),
                    device=None if triton else self._device,
                )
            case Image(reference, port, env):
                image = self._images[stack.name] = ensure_pulled(self._client, reference, self._say)
                return Spec(stack.name, image, port, self._budget.server, stack.health, ANY_IMAGE, env)
            case _:
                raise LaunchError(f"{stack.name}: a command or a URL needs --launcher local or url")

    def _device_variable(self) -> dict[str, str]:
        return {VARIABLE: self._device} if self._device else {}

    def _downstream_spec(self, image: str) -> Spec:
        port = load_registry().downstream_port
        return Spec(DOWNSTREAM, image, port, self._budget.downstream, "/health", OWN_IMAGE)

    def _image(self, recipe: Recipe) -> str:
        stack = recipe.arguments["STACK"]
        if stack not in self._images:
            self._images[stack] = ensure_image(self._client, recipe, self._say)
        return self._images[stack]

    def _make_network(self) -> str:
        name = f"stackduel-{self._run_id}"
        with explained(f"making the network {name}"):
            self._client.networks.create(name, labels=self._labels)
        return name

    def _ended(self, container: Container, name: str) -> int:
        """The exit status of a container that ends by itself."""
        try:
            return int(container.wait(timeout=ALONE_WITHIN_S)["StatusCode"])
        except requests.exceptions.RequestException:
            raise LaunchError(f"{name}: did not end within {ALONE_WITHIN_S:g} s") from None

    def _refuse_without_gpus(self, image: str) -> None:
        """Have the engine start a container with its GPUs now, so that it says before everything else if it cannot."""
        if not (asked := gpus(self._device)):
            return
        with explained("starting a container with GPUs"):
            container = self._client.containers.create(
                image, ["python", "-c", ""], labels=self._labels, network_mode="none", **asked, **OWN_IMAGE
            )
        try:
            container.start()
        except docker.errors.APIError as error:
            said = str(error.explanation).strip().rstrip(".")
            raise LaunchError(f"--device: cuda cannot be used: the engine says: {said}. {TOOLKIT}") from error
        finally:
            discard(container)

    @contextmanager
    def _run(self, spec: Spec) -> Iterator[ServerContainer]:
        with self._created(spec) as container:
            yield self._healthy(spec, container)

    @contextmanager
    def _created(self, spec: Spec, command: Sequence[str] | None = None) -> Iterator[Container]:
        """A container of the run, not started yet, and removed afterwards; ``command`` in place of its image's."""
        self._started += 1
        with explained(f"{spec.name}: creating its container"):
            container = self._client.containers.create(
                spec.image,
                list(command) if command else None,
                name=f"stackduel-{self._run_id}-{self._started:03d}-{spec.name}",
                environment=dict(spec.env),
                labels={**self._labels, STACK_LABEL: spec.name},
                network=self._network,
                networking_config={self._network: EndpointConfig(self._client.api.api_version, [spec.name])},
                mounts=list(spec.mounts),
                ports={f"{spec.port}/tcp": (LOOPBACK, 0)} if spec.port else {},
                **limits(spec.cores, self._budget.memory_mib),
                **gpus(spec.device),
                **spec.confinement,
            )
        try:
            yield container
        finally:
            discard(container)

    def _healthy(self, spec: Spec, container: Container) -> ServerContainer:
        with explained(f"{spec.name}: starting its container"):
            container.start()
        server = server_in(spec.name, container, spec.port, self._network)
        wait_until_healthy(spec.name, server, spec.health, HEALTHY_WITHIN_S)
        return server


def own_mounts(own: Path | None) -> tuple[Mount, ...]:
    """The user's model as a container sees it, and cannot change it; the models of ours are in its image."""
    return (Mount(OWN_INSIDE, str(own.resolve()), type="bind", read_only=True),) if own else ()


def own_environment(own: Path | None) -> dict[str, str]:
    """Where a container finds it."""
    return {OWN_VARIABLE: OWN_INSIDE} if own else {}


def usable_engine(client: DockerClient) -> EngineFacts:
    """What the engine is; raises LaunchError where the ports that it publishes are not on this machine."""
    facts = describe(client)
    if not facts.local:
        raise LaunchError(
            f"the engine at {client.api.base_url} is on another machine, and so are the ports that its containers "
            "publish; run there, or compare by --launcher url"
        )
    return facts
