"""The graphics processors of this machine, as NVIDIA's management library shows them.

The library is part of the driver; nvidia-ml-py (module ``pynvml``, the ``gpu`` extra) calls it. Both are imported only
on the first call. A machine without either has no devices, and a reason for that.
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
# Which devices CUDA shows to a process. Numbers count devices as NVML does if all are alike, or if
# CUDA_DEVICE_ORDER is PCI_BUS_ID; identities are always right.
VISIBLE = "CUDA_VISIBLE_DEVICES"


class NoGpuError(Exception):
    """No device can be observed; ``lack`` is what is missing."""

    def __init__(self, lack: MissingGpuPart, reason: str) -> None:
        super().__init__(reason)
        self.lack: MissingGpuPart = lack


@dataclass(frozen=True, slots=True)
class NvmlDevice:
    """A readable device: its name and NVML's handle of it; MIG instances report only their memory."""

    gpu: Gpu
    library: Any
    handle: Any
    instance: bool = False

    def read(self) -> GpuSample:
        """Sample the device now; values that it does not report, or not to this user, are None."""
        memory = query(self.library, self.library.nvmlDeviceGetMemoryInfo, self.handle)
        memory_mib = None if memory is None else memory.used / MIB
        if self.instance:
            # Utilisation and power belong to the whole card, which other instances share.
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
    """Yield the devices that this process may see, readable until the block ends; raises NoGpuError without any."""
    library = _started(load)
    try:
        visible = tuple(_visible(library, environ))
        if not visible:
            raise NoGpuError("device", "the driver is there, but shows this process no GPU")
        yield visible
    finally:
        library.nvmlShutdown()


@contextmanager
def devices_if_any() -> Iterator[tuple[NvmlDevice, ...]]:
    """Yield the devices, or none if they cannot be observed."""
    with ExitStack() as stack:
        try:
            visible = stack.enter_context(devices())
        except NoGpuError:
            visible = ()
        yield visible


def names() -> list[str]:
    """Return the names of this machine's devices, for a run's environment; empty if none is visible."""
    try:
        return names_or_reason()
    except NoGpuError:
        return []


def names_or_reason() -> list[str]:
    """Return the names of this machine's devices; raises NoGpuError, naming the missing part."""
    with devices() as visible:
        return [str(device.gpu) for device in visible]


def query(library: Any, question: Callable[..., Any], *about: Any) -> Any:
    """Return NVML's answer; None if it refuses: not supported by this device, not permitted, device lost."""
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
    """Yield whole cards, and instances of cards in MIG mode, unless the environment hides them."""
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
    """Return the indices and identity prefixes of devices that the environment shows this process; None for all."""
    value = environ.get(VISIBLE)
    return None if value is None else frozenset(each.strip() for each in value.split(",") if each.strip())


def _text(value: str | bytes) -> str:
    """Return the text; older versions of NVML's package give bytes."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
