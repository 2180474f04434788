"""The specification of a container in a run: image, port, cores, environment and mounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker.types import Mount

from stackduel.containers.confinement import ANY_IMAGE, OWN_IMAGE, TRITON
from stackduel.launch.docker.server_container import ASKED
from stackduel.launch.health_check import HealthCheck, health_check
from stackduel.model.budget import Budget
from stackduel.model.stack import Image, Stack
from stackduel.model.target import Address
from stackduel_servers import allocator
from stackduel_servers.models.device import VARIABLE
from stackduel_servers.models.store import OWN_VARIABLE
from stackduel_servers.registry import StackEntry, load_registry
from stackduel_servers.serve import DOWNSTREAM

HEALTHY_WITHIN_S = 60.0
OWN_INSIDE = "/own-model.onnx"


@dataclass(frozen=True, slots=True)
class Spec:
    """One container to start: its image, its port, its confinement.

    ``device`` computes its models, if it has any; ``asked`` is how requests to it are made.
    """

    name: str
    image: str
    port: int
    cores: tuple[int, ...]
    health: HealthCheck
    confinement: Mapping[str, Any]
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    device: str | None = None
    asked: Address = ASKED


@dataclass(frozen=True, slots=True)
class Specs:
    """Makes the specifications of a run's containers, which share the budget, the user's own model and the device."""

    budget: Budget
    own_model: Path | None
    device: str | None

    def registered(self, stack: Stack, entry: StackEntry, image: str, variables: Mapping[str, str]) -> Spec:
        """Return a registered stack's container; ``variables`` join its environment, such as the companion's URL."""
        # The image of Triton always computes on the CPU.
        triton = entry.server == "tritonserver"
        cores = self.budget.server[: stack.cores]
        environment = {
            "PORT": str(entry.port),
            "CPUS": str(len(cores)),
            **own_environment(self.own_model),
            **variables,
            **({} if triton else self._device_variable()),
        }
        return Spec(
            name=stack.name,
            image=image,
            port=entry.port,
            cores=cores,
            health=health_check(stack, HEALTHY_WITHIN_S),
            confinement=TRITON if triton else OWN_IMAGE,
            env=environment,
            mounts=own_mounts(self.own_model),
            device=None if triton else self.device,
            asked=stack.asked,
        )

    def own(self, stack: Stack, source: Image, image: str, variables: Mapping[str, str]) -> Spec:
        """Return the container of a user's image; its own environment overrides the ``variables``."""
        cores = self.budget.server[: stack.cores]
        if stack.contract:
            variables = {"CPUS": str(len(cores)), **variables}
        return Spec(
            name=stack.name,
            image=image,
            port=source.port,
            cores=cores,
            health=health_check(stack, HEALTHY_WITHIN_S),
            confinement=ANY_IMAGE,
            env={**variables, **source.env},
            asked=stack.asked,
        )

    def downstream(self, image: str) -> Spec:
        """Return the downstream's container, on cores of its own."""
        port = load_registry().downstream_port
        return Spec(DOWNSTREAM, image, port, self.budget.downstream, HealthCheck(within_s=HEALTHY_WITHIN_S), OWN_IMAGE)

    def alone(self, image: str) -> Spec:
        """Return the container for a model that is measured alone."""
        return Spec(
            name="alone",
            image=image,
            port=0,
            cores=self.budget.server,
            health=HealthCheck(),
            confinement=OWN_IMAGE,
            env={**own_environment(self.own_model), **self._device_variable(), **allocator.ENVIRONMENT},
            mounts=own_mounts(self.own_model),
            device=self.device,
        )

    def _device_variable(self) -> dict[str, str]:
        return {VARIABLE: self.device} if self.device else {}


def own_mounts(own: Path | None) -> tuple[Mount, ...]:
    """Return the read-only mount of the user's model; our models are in the image."""
    return (Mount(OWN_INSIDE, str(own.resolve()), type="bind", read_only=True),) if own else ()


def own_environment(own: Path | None) -> dict[str, str]:
    """Return the variable that holds the model's path in a container."""
    return {OWN_VARIABLE: OWN_INSIDE} if own else {}
