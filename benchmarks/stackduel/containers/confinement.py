"""The limits and confinement of containers: the same for every stack of a run, and the same as in the compose file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from docker.types import DeviceRequest

from stackduel.containers.engine import EngineFacts
from stackduel.model.budget import Budget, divide
from stackduel.model.counted import counted
from stackduel.model.errors import LaunchError

UID = 10001
PIDS_LIMIT = 4096

# An image of the user's own keeps its user and a writable root, because only its author knows its needs.
# Settings that protect this machine or could make a comparison unequal are the same for all.
ANY_IMAGE: Mapping[str, Any] = MappingProxyType(
    {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "init": True,
        "pids_limit": PIDS_LIMIT,
        # A health check would run inside the measured container, on its CPU.
        "healthcheck": {"test": ["NONE"]},
        "log_config": {"type": "json-file", "config": {"max-size": "10m"}},
        # A proxy in the Docker client's configuration is for builds; no measured request goes through it.
        "use_config_proxy": False,
    }
)
OWN_IMAGE: Mapping[str, Any] = MappingProxyType(
    {
        **ANY_IMAGE,
        "user": f"{UID}:{UID}",
        "read_only": True,
        "tmpfs": {"/tmp": "size=256m,mode=1777"},  # noqa: S108 - inside the container, and its own
    }
)
# Triton passes tensors to its backend's processes through shared memory; containers have only 64 MiB by default.
TRITON: Mapping[str, Any] = MappingProxyType({**OWN_IMAGE, "shm_size": "256m"})


def in_engine_cores(budget: Budget, facts: EngineFacts) -> Budget:
    """Return the budget in the engine's cores: Docker Desktop's are those of its virtual machine, numbered from 0.

    Raises LaunchError if the virtual machine has fewer than the budget asks for.
    """
    own = tuple(range(facts.cores))
    if not facts.desktop:
        return budget
    try:
        return divide(own, budget.memory_mib, shared=budget.shared, asked=budget.asked)
    except ValueError as error:
        raise LaunchError(
            f"--cores: Docker's virtual machine has {counted(len(own), 'core')}, and one is the generator's; give it "
            f"{(budget.asked or 1) + 1} in the settings of Docker Desktop"
        ) from error


def gpus(device: str | None) -> dict[str, Any]:
    """Return the request for all GPUs of the engine if models are computed on a GPU."""
    if device != "cuda":
        return {}
    return {"device_requests": [DeviceRequest(count=-1, capabilities=[["gpu"]])]}


def limits(cores: tuple[int, ...], memory_mib: int) -> dict[str, Any]:
    """Return the cores and the memory that a container may use; the memory limit includes swap, so there is no swap."""
    return {
        "cpuset_cpus": ",".join(map(str, cores)),
        "mem_limit": f"{memory_mib}m",
        "memswap_limit": f"{memory_mib}m",
    }
