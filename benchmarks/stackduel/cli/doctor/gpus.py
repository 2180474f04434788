"""The GPUs: which there are, what can compute on them, or precisely what is missing and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from stackduel.cli.doctor.diagnosis import Diagnosis, DiagnosisState
from stackduel.containers import engine
from stackduel.model.errors import LaunchError
from stackduel.observe.gpu import nvml
from stackduel.observe.gpu.nvml import MissingGpuPart, NoGpuError
from stackduel.planning.device import lacking
from stackduel_servers.models.device import driver_lacks

ON_CPU = "models run on the CPU, and --device cuda is refused"
# The kernel's driver writes its version here, even if its libraries are missing.
KERNEL_DRIVER = Path("/proc/driver/nvidia/version")
REMEDIES: Mapping[MissingGpuPart, str] = MappingProxyType(
    {
        "package": "nvidia-ml-py is not installed, so GPU use cannot be recorded: pip install -e '.[gpu]'",
        "library": (
            "the driver's library for looking at it (libnvidia-ml) was not found: install the driver's utilities, "
            "or give the container the capability utility (NVIDIA_DRIVER_CAPABILITIES=compute,utility)"
        ),
        "driver": "the driver is installed but not loaded: modprobe nvidia, or restart after its installation",
        "permission": "this user may not look at it: let the user read /dev/nvidiactl and /dev/nvidia0",
        "device": "check nvidia-smi, and the variable CUDA_VISIBLE_DEVICES",
        "other": "check nvidia-smi; after an update of the driver, restart",
    }
)
TOOLKIT = (
    "NVIDIA's container toolkit is not set up in the Docker engine, so --launcher docker measures on the CPU alone: "
    "install nvidia-container-toolkit, nvidia-ctk runtime configure --runtime=docker, restart the engine"
)


def findings() -> Iterator[Diagnosis]:
    """Look at the devices, and at what can compute on them if there are any."""
    reason = driver_lacks()
    yield observed(reason, nvml.names_or_reason, kernel_driver=KERNEL_DRIVER.exists())
    if reason is None:
        yield usable("ONNX Runtime on GPU", lacking("cuda"))
        yield usable("PyTorch on GPU", lacking("torch-cuda"))
        yield in_containers(toolkit())


def observed(reason: str | None, look: Callable[[], list[str]], *, kernel_driver: bool) -> Diagnosis:
    """Return what NVML shows.

    ``reason`` is why CUDA's driver shows nothing, ``kernel_driver`` whether the kernel has it.
    """
    try:
        names = look()
    except NoGpuError as error:
        if reason is not None and error.lack in {"package", "library"} and not kernel_driver:
            return Diagnosis("GPU", "missing", f"{reason}; {ON_CPU}")
        state: DiagnosisState = "missing" if reason else "limit"
        cause = "" if error.lack in {"package", "library"} else f"{error}: "
        return Diagnosis("GPU", state, f"{cause}{REMEDIES[error.lack]}")
    listed = "; ".join(names)
    return Diagnosis("GPU", "limit", f"{listed}, but {reason}") if reason else Diagnosis("GPU", "good", listed)


def usable(name: str, reason: str | None) -> Diagnosis:
    """Return whether one of the two runtimes can compute on the GPU."""
    return Diagnosis(name, "missing", reason) if reason else Diagnosis(name, "good", "it computes there")


def in_containers(has_toolkit: bool | None) -> Diagnosis:
    """Return whether the engine can give a GPU to a container; None where there is no engine."""
    if has_toolkit is None:
        return Diagnosis("GPU in containers", "unknown", "no Docker engine answers")
    if has_toolkit:
        return Diagnosis("GPU in containers", "good", "NVIDIA's container toolkit is set up in the Docker engine")
    return Diagnosis("GPU in containers", "missing", TOOLKIT)


def toolkit() -> bool | None:
    """Whether NVIDIA's container toolkit is set up in the engine; None where no engine answers."""
    try:
        with closing(engine.connect()) as client:
            return engine.describe(client).gpus
    except LaunchError:
        return None
