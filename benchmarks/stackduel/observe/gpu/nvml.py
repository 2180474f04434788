"""The graphics processors of this machine, as NVIDIA's management library shows them.

The library is the driver's; nvidia-ml-py (module ``pynvml``, the ``gpu`` extra) calls it. Nothing is imported before
somebody asks, and a machine without either has no devices and a reason for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from stackduel.model.gpu_use import Gpu, GpuSample

MIB = 1024 * 1024
MW_PER_W = 1000
MissingGpuPart = Literal["package", "library", "driver", "permission", "device", "other"]
# Which devices CUDA shows to a process. By number, they are counted as NVML counts them where all are alike, or where
# CUDA_DEVICE_ORDER is PCI_BUS_ID; an identity is always right.
VISIBLE = "CUDA_VISIBLE_DEVICES"


class NoGpuError(Exception):
    """No device can be observed; ``lack`` is what is missing."""

    def __init__(self, lack: MissingGpuPart, reason: str) -> None:
        super().__init__(reason)
        self.lack: MissingGpuPart = lack


@dataclass(frozen=True, slots=True)
class NvmlDevice:
    """One device that can be read: what it is, and NVML's handle of it; MIG instances tell their memory alone."""

    gpu: Gpu
    library: Any
    handle: Any
    instance: bool = False

    def read(self) -> GpuSample:
        """Look at it now; what it does not tell, or not to this user, is None."""
        memory = query(self.library, self.library.nvmlDeviceGetMemoryInfo, self.handle)
        memory_mib = None if memory is None else memory.used / MIB
        if self.instance:
            # Utilisation and power are the whole card's, which other instances share.
            return GpuSample(None, memory_mib, None)
        rates = query(self.library, self.library.nvmlDeviceGetUtilizationRates, self.handle)
        power_mw = query(self.library, self.library.nvmlDeviceGetPowerUsage, self.handle)
        return GpuSample(
            utilisation=None if rates is None else float(rates.gpu),
            memory_mib=memory_mib,
            power_w=None if power_mw is None else power_mw / MW_PER_W,
        )


@contextmanager
def devices(
    load: Callable[[], Any] = lambda: import_module("pynvml"), environ: Mapping[str, str] = os.environ
) -> Iterator[tuple[NvmlDevice, ...]]:
    """The devices that this process may see, readable until the block ends; raises NoGpuError without any."""
    library = _started(load)
    try:
        found = tuple(_visible(library, environ))
        if not found:
            raise NoGpuError("device", "the driver is there, but shows this process no GPU")
        yield found
    finally:
        library.nvmlShutdown()


@contextmanager
def devices_if_any() -> Iterator[tuple[NvmlDevice, ...]]:
    """The devices, or none where they cannot be observed."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(devices())
        except NoGpuError:
            found = ()
        yield found


def names() -> list[str]:
    """The devices of this machine in words, for a run's environment; empty where there are none to be seen."""
    try:
        return names_or_reason()
    except NoGpuError:
        return []


def names_or_reason() -> list[str]:
    """The devices of this machine in words; raises NoGpuError with what is missing."""
    with devices() as found:
        return [str(device.gpu) for device in found]


def query(library: Any, question: Callable[..., Any], *about: Any) -> Any:
    """NVML's answer, or None where it refuses: not supported by this device, not permitted, lost."""
    try:
        return question(*about)
    except library.NVMLError:
        return None


def _started(load: Callable[[], Any]) -> Any:
    try:
        library = load()
    except ImportError:
        raise NoGpuError("package", "nvidia-ml-py is not installed") from None
    try:
        library.nvmlInit()
    except library.NVMLError as error:
        lacks: Sequence[tuple[type[Exception], MissingGpuPart]] = (
            (library.NVMLError_LibraryNotFound, "library"),
            (library.NVMLError_DriverNotLoaded, "driver"),
            (library.NVMLError_NoPermission, "permission"),
        )
        lack: MissingGpuPart = next((lack for kind, lack in lacks if isinstance(error, kind)), "other")
        raise NoGpuError(lack, str(error)) from None
    return library


def _visible(library: Any, environ: Mapping[str, str]) -> Iterator[NvmlDevice]:
    """Whole cards, and of those in MIG mode their instances, unless the environment hides them."""
    wanted = _wanted(environ)
    driver = _text(query(library, library.nvmlSystemGetDriverVersion) or "unknown")
    for index in range(query(library, library.nvmlDeviceGetCount) or 0):
        card = query(library, library.nvmlDeviceGetHandleByIndex, index)
        if card is None:
            continue
        for handle, instance in _parts(library, card):
            gpu = _gpu(library, handle, driver)
            identities = (gpu.uuid, _text(query(library, library.nvmlDeviceGetUUID, card) or ""))
            if wanted is None or str(index) in wanted or any(each.startswith(tuple(wanted)) for each in identities):
                yield NvmlDevice(gpu, library, handle, instance)


def _parts(library: Any, card: Any) -> Iterator[tuple[Any, bool]]:
    mode = query(library, library.nvmlDeviceGetMigMode, card)
    if mode is None or mode[0] != library.NVML_DEVICE_MIG_ENABLE:
        yield card, False
        return
    for index in range(query(library, library.nvmlDeviceGetMaxMigDeviceCount, card) or 0):
        instance = query(library, library.nvmlDeviceGetMigDeviceHandleByIndex, card, index)
        if instance is not None:
            yield instance, True


def _gpu(library: Any, handle: Any, driver: str) -> Gpu:
    memory = query(library, library.nvmlDeviceGetMemoryInfo, handle)
    return Gpu(
        name=_text(query(library, library.nvmlDeviceGetName, handle) or "unnamed"),
        uuid=_text(query(library, library.nvmlDeviceGetUUID, handle) or "unknown"),
        driver=driver,
        memory_mib=None if memory is None else memory.total / MIB,
    )


def _wanted(environ: Mapping[str, str]) -> frozenset[str] | None:
    """Indices and the beginnings of identities that the environment lets this process see; None for all."""
    value = environ.get(VISIBLE)
    return None if value is None else frozenset(each.strip() for each in value.split(",") if each.strip())


def _text(value: str | bytes) -> str:
    """NVML's texts are bytes in older versions of its package."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
