"""How containers are limited and confined: every stack of a run alike, and as in the compose file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from docker.types import DeviceRequest

from stackduel.containers.engine import EngineFacts
from stackduel.model.budget import Budget, divide

UID = 10001
PIDS_LIMIT = 4096

# An image of the user's own keeps its user and a writable root: nobody but its author knows what it needs there.
# What protects this machine, and what could make a comparison unequal, is the same for all.
ANY_IMAGE: Mapping[str, Any] = MappingProxyType(
    {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "init": True,
        "pids_limit": PIDS_LIMIT,
        # A health check would run inside the measured container, on its CPU.
        "healthcheck": {"test": ["NONE"]},
        "log_config": {"type": "json-file", "config": {"max-size": "10m"}},
        # A proxy of the Docker client's configuration is for builds; no measured request goes through one.
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
# Triton hands tensors to its backend's processes through shared memory, of which containers have 64 MiB by default.
TRITON: Mapping[str, Any] = MappingProxyType({**OWN_IMAGE, "shm_size": "256m"})


def in_engine_cores(budget: Budget, facts: EngineFacts) -> Budget:
    """The budget in cores that the engine has: Docker Desktop's are those of its virtual machine, counted anew."""
    own = tuple(range(facts.cores))
    return divide(own, budget.memory_mib, shared=budget.shared) if facts.desktop else budget


def gpus(device: str | None) -> dict[str, Any]:
    """What asks the engine for all of its GPUs, where models are computed on one."""
    if device != "cuda":
        return {}
    return {"device_requests": [DeviceRequest(count=-1, capabilities=[["gpu"]])]}


def limits(cores: tuple[int, ...], memory_mib: int) -> dict[str, Any]:
    """The cores and the memory that a container may use; swap is counted in, so there is none."""
    return {
        "cpuset_cpus": ",".join(map(str, cores)),
        "mem_limit": f"{memory_mib}m",
        "memswap_limit": f"{memory_mib}m",
    }
