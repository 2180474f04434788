"""Stacks as containers of our own: images built, containers limited, started and removed by label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

from stackduel.application.interpreter_probe import InterpreterQuestion, answer_of
from stackduel.application.stack_packages import question_of
from stackduel.containers.bounded_api import is_frozen
from stackduel.containers.confinement import in_engine_cores
from stackduel.containers.engine import connect, explained, reaches_containers, refuse_if_frozen
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
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Image, Registered, Stack
from stackduel.model.target import Subject
from stackduel.process.interrupts import go_on_interrupting
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM

# A model that is measured alone runs in this stack's image.
ALONE_IN = "fastapi-uvicorn"
# What the interpreter of an image may be called.
PYTHONS = ("python", "python3")


class ContainerLauncher:
    """Starts registered stacks and the user's images, one container each, on a network of the run.

    Stacks of ours see the user's ``own_model``, and cannot change it. With ``load_inside`` the load comes from that
    network, too, which then has no way out where this machine can reach it all the same.
    """

    name = "docker"

    def __init__(
        self,
        budget: Budget,
        run_id: str,
        say: SayLine = lambda _line: None,
        own_model: Path | None = None,
        device: str | None = None,
        *,
        load_inside: bool = False,
    ) -> None:
        self._budget = budget
        self._own_model = own_model
        self._run_id = run_id
        self._say = say
        self._device = device
        self._load_inside = load_inside
        self._shared = ExitStack()
        self._images: dict[str, str] = {}
        self._built: dict[str, str] = {}
        self._interpreters: dict[tuple[object, ...], InterpreterFacts | None] = {}

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
            self._internal = self._load_inside and reaches_containers(self._engine)
            self._network = self._make_network(marks)
            self._containers = RunContainers(
                self._client, self._run_id, marks, self._network, self._budget.memory_mib, internal=self._internal
            )
            image = self._image(server_recipe(DOWNSTREAM, "downstream"))
            refuse_without_gpus(self._client, image, marks, self._device)
            self._forwarding = port_forwarding(self._client, self._engine, image, marks)
            self._downstream = shared.enter_context(self._containers.serving(self._specs.downstream(image)))
            self._shared = shared.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove every container and the network of the run; raises LaunchError if that fails."""
        try:
            self._shared.close()
        except LaunchError:
            if not is_frozen(self._client):
                raise
            self._say("the Docker engine does not answer: once it does, stackduel clean removes what this run left")

    @property
    def network(self) -> str:
        """The name of the network that the run's containers share."""
        return self._network

    @property
    def downstream(self) -> Subject | None:
        """The downstream's container."""
        return self._downstream.subject

    def downstream_log(self, lines: int) -> str:
        """Return the last lines that the downstream wrote."""
        return self._downstream.log_tail(lines)

    def lost(self) -> LostPart | None:
        """Return the downstream's container if it has ended, or the engine if it does not answer."""
        how = self._downstream.failure()
        if is_frozen(self._client):
            return LostPart("the Docker engine", "does not answer")
        return LostPart("the downstream", f"has failed: {how}") if how else None

    def restore(self) -> None:
        """Start the downstream again, in a new container; raises LaunchError if the engine does not answer."""
        refuse_if_frozen(self._client)
        image = self._image(server_recipe(DOWNSTREAM, "downstream"))
        self._downstream = self._shared.enter_context(self._containers.serving(self._specs.downstream(image)))

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
        spec = self._specs.alone(self._image(recipe_of(entry, self._device)))
        return self._containers.output(spec, module[0], ("python", "-m", *module))

    def interpreter(self, stack: Stack) -> InterpreterFacts | None:
        """Return what the Python in a stack's image says of itself; None for an image without one."""
        spec, question = self._spec(stack, {}), question_of(stack)
        asked = (spec.image, tuple(sorted(spec.env.items())), question)
        if asked not in self._interpreters:
            self._interpreters[asked] = self._asked(spec, question)
        return self._interpreters[asked]

    def _asked(self, spec: Spec, question: InterpreterQuestion) -> InterpreterFacts | None:
        for python in PYTHONS:
            try:
                printed = self._containers.output(spec, f"{spec.name}: its Python", (python, *question.words))
                return answer_of(printed).facts
            except (LaunchError, ValueError) as error:
                go_on_interrupting(error)
        return None

    def facts(self) -> Mapping[str, object]:
        """Return the engine, the images by stack, how the budget is enforced, how published ports are forwarded."""
        return {
            "engine": self._engine.as_dict(),
            "images": dict(self._images),
            "cpu_limit": "cpuset",
            "cores": {"server": list(self._budget.server), "downstream": list(self._budget.downstream)},
            "memory_limit": "cgroup, without swap",
            "port_forwarding": self._forwarding,
            "network": "internal" if self._internal else "with a way out",
        }

    @property
    def _specs(self) -> Specs:
        return Specs(self._budget, self._own_model, self._device)

    def _spec(self, stack: Stack, variables: Mapping[str, str]) -> Spec:
        match stack.source:
            case Registered(entry, settings, _, base):
                recipe = recipe_of(entry, self._device)
                image = self._image(recipe.on(base) if base else recipe, stack.name if base else None)
                everywhere = {"DOWNSTREAM_URL": self._downstream.inner_address.url}
                return self._specs.registered(stack, entry, image, {**everywhere, **variables, **settings})
            case Image() as source:
                image = self._images[stack.name] = ensure_pulled(self._client, source.reference, self._say)
                # What keeps our contract calls our downstream; any other image is given what its file says alone.
                given = {"DOWNSTREAM_URL": self._downstream.inner_address.url} if stack.contract else {}
                return self._specs.own(stack, source, image, given)
            case _:
                raise LaunchError(f"{stack.name}: a command or a URL needs --launcher local or url")

    def _image(self, recipe: Recipe, name: str | None = None) -> str:
        """Return the id of an image, built now unless it was; ``name`` is whose it is, if not its stack's."""
        if recipe.tag not in self._built:
            self._built[recipe.tag] = ensure_image(self._client, recipe, self._say)
        self._images[name or recipe.arguments["STACK"]] = self._built[recipe.tag]
        return self._built[recipe.tag]

    def _make_network(self, marks: Mapping[str, str]) -> str:
        name = f"stackduel-{self._run_id}"
        with explained(f"making the network {name}"):
            self._client.networks.create(name, labels=dict(marks), internal=self._internal)
        return name
