"""The GPU memory of this process, as NVIDIA's management library reports it."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

MIB = 1024 * 1024
MOST_PROCESSES = 256
UNKNOWN = 2**64 - 1


class ProcessInfo(ctypes.Structure):
    """``nvmlProcessInfo_t``: one process on one GPU."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("used_bytes", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


def gpu_memory_mib() -> float | None:
    """Return the memory that this process holds on all GPUs; None without a driver, or where it cannot be told.

    In a container the driver may know the process only by its id outside.
    """
    try:
        nvml = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return None
    return used_mib(nvml, os.getpid())


def used_mib(nvml: Any, pid: int) -> float | None:
    """Return the memory of a process according to the library; None if no GPU knows the process."""
    count = ctypes.c_uint(0)
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)):
        return None
    used = [each for number in range(count.value) for each in _used_bytes(nvml, number, pid)]
    return round(sum(used) / MIB, 1) if used else None


def _used_bytes(nvml: Any, number: int, pid: int) -> list[int]:
    device, most = ctypes.c_void_p(), ctypes.c_uint(MOST_PROCESSES)
    if nvml.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(device)):
        return []
    processes = (ProcessInfo * MOST_PROCESSES)()
    if nvml.nvmlDeviceGetComputeRunningProcesses_v3(device, ctypes.byref(most), processes):
        return []
    return [each.used_bytes for each in processes[: most.value] if each.pid == pid and each.used_bytes != UNKNOWN]
