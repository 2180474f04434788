"""Facts about the machine that a reader needs: cores, memory, versions, limits."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import psutil

from stackduel.model.environment import Environment
from stackduel.observe.gpu import nvml
from stackduel.process.cores import usable_cores

MIB = 1024 * 1024
# The packages of stackduel itself whose versions a run stores: what loads, counts and computes.
LIBRARIES = ("aiohttp", "httptools", "msgspec", "numpy", "nvidia-ml-py", "scipy", "stackduel", "uvloop", "winloop")


def describe() -> Environment:
    """Return the host's part of a run's environment."""
    return Environment(
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        processor=processor(),
        cores=len(usable_cores()),
        memory_mib=round(psutil.virtual_memory().total / MIB),
        python=python(),
        gpus=tuple(nvml.names()),
        libraries=versions(LIBRARIES),
    )


def python() -> str:
    """Return the implementation and version of this Python."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the version of each of the packages that is installed."""
    installed = {}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def processor() -> str:
    """Return the processor's name, as far as the system shows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def open_files_limit() -> int | None:
    """Return how many files and sockets this process may hold open; None if the system does not report it."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - POSIX only

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
