"""What a container of a run is to be: its image, its port, its cores, what it is told and what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.types import Mount

from stackduel.containers.confinement import ANY_IMAGE, OWN_IMAGE, TRITON
from stackduel.model.budget import Budget
from stackduel.model.stack import Image, Stack
from stackduel_servers import allocator
from stackduel_servers.models.device import VARIABLE
from stackduel_servers.models.store import OWN_VARIABLE
from stackduel_servers.registry import StackEntry, load_registry
from stackduel_servers.serve import DOWNSTREAM

OWN_INSIDE = "/own-model.onnx"


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


@dataclass(frozen=True, slots=True)
class Specs:
    """What all containers of a run have in common: the budget, the user's own model, the device."""

    budget: Budget
    own_model: Path | None
    device: str | None

    def registered(self, stack: Stack, entry: StackEntry, image: str, told: Mapping[str, str]) -> Spec:
        """A stack of ours, which is ``told`` where the others are."""
        # The image of Triton computes on the CPU, whatever the others do.
        triton = entry.server == "tritonserver"
        environment = {
            "PORT": str(entry.port),
            "CPUS": str(len(self.budget.server)),
            **own_environment(self.own_model),
            **told,
            **({} if triton else self._device_variable()),
        }
        return Spec(
            name=stack.name,
            image=image,
            port=entry.port,
            cores=self.budget.server,
            health=stack.health,
            confinement=TRITON if triton else OWN_IMAGE,
            env=environment,
            mounts=own_mounts(self.own_model),
            device=None if triton else self.device,
        )

    def own(self, stack: Stack, source: Image, image: str) -> Spec:
        """An image of the user's."""
        return Spec(stack.name, image, source.port, self.budget.server, stack.health, ANY_IMAGE, source.env)

    def downstream(self, image: str) -> Spec:
        """The downstream, on cores of its own."""
        port = load_registry().downstream_port
        return Spec(DOWNSTREAM, image, port, self.budget.downstream, "/health", OWN_IMAGE)

    def alone(self, image: str) -> Spec:
        """What is measured in no stack."""
        return Spec(
            name="alone",
            image=image,
            port=0,
            cores=self.budget.server,
            health="",
            confinement=OWN_IMAGE,
            env={**own_environment(self.own_model), **self._device_variable(), **allocator.ENVIRONMENT},
            mounts=own_mounts(self.own_model),
            device=self.device,
        )

    def _device_variable(self) -> dict[str, str]:
        return {VARIABLE: self.device} if self.device else {}


def own_mounts(own: Path | None) -> tuple[Mount, ...]:
    """The user's model as a container sees it, and cannot change it; the models of ours are in its image."""
    return (Mount(OWN_INSIDE, str(own.resolve()), type="bind", read_only=True),) if own else ()


def own_environment(own: Path | None) -> dict[str, str]:
    """Where a container finds it."""
    return {OWN_VARIABLE: OWN_INSIDE} if own else {}
