"""Stacks as containers of our own: images built, containers limited, started and removed by label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

from stackduel.containers.confinement import in_engine_cores
from stackduel.containers.engine import connect, explained
from stackduel.containers.forwarding import port_forwarding
from stackduel.containers.images import SayLine, ensure_image, ensure_pulled
from stackduel.containers.ownership import clean, labels, remove_run
from stackduel.containers.recipes import Recipe, recipe_of, server_recipe
from stackduel.launch.companion import Companion, StackWithCompanion, companion_of
from stackduel.launch.docker.container_spec import Spec, Specs
from stackduel.launch.docker.run_containers import RunContainers
from stackduel.launch.docker.usable_engine import refuse_without_gpus, usable_engine
from stackduel.launch.launcher import Started
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Image, Registered, Stack
from stackduel.model.target import Subject
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM

# A model that is measured alone runs in this stack's image.
ALONE_IN = "fastapi-uvicorn"


class ContainerLauncher:
    """Starts registered stacks and the user's images, one container each, on a network of the run.

    Stacks of ours see the user's ``own_model``, and cannot change it.
    """

    name = "docker"

    def __init__(
        self,
        budget: Budget,
        run_id: str,
        say: SayLine = lambda _line: None,
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

    def __enter__(self) -> Self:
        """Remove dead runs' leftovers, make the run's network, start the downstream."""
        with ExitStack() as shared:
            self._client = shared.enter_context(closing(connect()))
            self._engine = usable_engine(self._client)
            self._budget = in_engine_cores(self._budget, self._engine)
            for done in clean(self._client):
                self._say(done)
            marks = labels(self._run_id)
            shared.callback(remove_run, self._client, self._run_id)
            self._network = self._make_network(marks)
            self._containers = RunContainers(self._client, self._run_id, marks, self._network, self._budget.memory_mib)
            image = self._image(server_recipe(DOWNSTREAM, "downstream"))
            refuse_without_gpus(self._client, image, marks, self._device)
            self._forwarding = port_forwarding(self._client, self._engine, image, marks)
            self._downstream = shared.enter_context(self._containers.serving(self._specs.downstream(image)))
            self._shared = shared.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove every container and the network of the run."""
        self._shared.close()

    @property
    def network(self) -> str:
        """The name of the network that the run's containers share."""
        return self._network

    @property
    def downstream(self) -> Subject | None:
        """The downstream's container."""
        return self._downstream.subject

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Start a stack in a container; raises LaunchError with its log if it does not get healthy."""
        if companion := companion_of(stack):
            return self._accompanied(stack, companion)
        spec = self._spec(stack, {})
        return self._containers.serving(spec)

    @contextmanager
    def _accompanied(self, stack: Stack, companion: Companion) -> Iterator[StackWithCompanion]:
        """Start the companion, in a container of its own on the same cores, then the stack that calls it."""
        with self._containers.serving(self._spec(companion.stack, companion.environment)) as helper:
            variables = {companion.url_variable: helper.inner_address.url}
            with self._containers.serving(self._spec(stack, variables)) as server:
                yield StackWithCompanion(server, helper)

    @property
    def budget(self) -> Budget:
        """The division of the engine's cores."""
        return self._budget

    def alone(self, module: Sequence[str]) -> str:
        """Run a module of ours to its end on the server's cores, without a stack; return its output.

        It runs in a container of its own, of a stack's image. Raises LaunchError with its last lines if it fails or
        does not end.
        """
        entry = load_registry().entries[ALONE_IN]
        return self._containers.output(self._specs.alone(self._image(recipe_of(entry, self._device))), module)

    def facts(self) -> Mapping[str, object]:
        """Return the engine, the images by stack, how the budget is enforced, how published ports are forwarded."""
        return {
            "engine": self._engine.as_dict(),
            "images": dict(self._images),
            "cpu_limit": "cpuset",
            "cores": {"server": list(self._budget.server), "downstream": list(self._budget.downstream)},
            "memory_limit": "cgroup, without swap",
            "port_forwarding": self._forwarding,
        }

    @property
    def _specs(self) -> Specs:
        return Specs(self._budget, self._own_model, self._device)

    def _spec(self, stack: Stack, variables: Mapping[str, str]) -> Spec:
        match stack.source:
            case Registered(entry):
                image = self._image(recipe_of(entry, self._device))
                everywhere = {"DOWNSTREAM_URL": self._downstream.inner_address.url}
                return self._specs.registered(stack, entry, image, {**everywhere, **variables})
            case Image() as source:
                image = self._images[stack.name] = ensure_pulled(self._client, source.reference, self._say)
                return self._specs.own(stack, source, image)
            case _:
                raise LaunchError(f"{stack.name}: a command or a URL needs --launcher local or url")

    def _image(self, recipe: Recipe) -> str:
        stack = recipe.arguments["STACK"]
        if stack not in self._images:
            self._images[stack] = ensure_image(self._client, recipe, self._say)
        return self._images[stack]

    def _make_network(self, marks: Mapping[str, str]) -> str:
        name = f"stackduel-{self._run_id}"
        with explained(f"making the network {name}"):
            self._client.networks.create(name, labels=dict(marks))
        return name
