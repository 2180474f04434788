"""The cgroup of a container, read from the kernel's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackduel.observe.resources.usage import Usage

MIB = 1024 * 1024


NS_PER_S = 1_000_000_000


US_PER_S = 1_000_000


CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class CgroupV1:
    """The files of a cgroup of version 1, where each controller has a hierarchy of its own."""

    cpu: Path
    memory: Path

    def read(self) -> Usage:
        """Read the usage now; raises ProcessLookupError when the cgroup is gone."""
        try:
            cpu_ns = int((self.cpu / "cpuacct.usage").read_text())
            used = int((self.memory / "memory.usage_in_bytes").read_text())
            statistics = (self.memory / "memory.stat").read_text()
        except OSError:
            raise ProcessLookupError(str(self.cpu)) from None
        return Usage(cpu_ns / NS_PER_S, (used - counter(statistics, "total_inactive_file")) / MIB)


@dataclass(frozen=True, slots=True)
class CgroupV2:
    """The files of a cgroup of the unified hierarchy."""

    folder: Path

    def read(self) -> Usage:
        """Read the usage now; raises ProcessLookupError when the cgroup is gone."""
        try:
            cpu_us = counter((self.folder / "cpu.stat").read_text(), "usage_usec")
            used = int((self.folder / "memory.current").read_text())
            statistics = (self.folder / "memory.stat").read_text()
        except OSError:
            raise ProcessLookupError(str(self.folder)) from None
        return Usage(cpu_us / US_PER_S, (used - counter(statistics, "inactive_file")) / MIB)


def kernel_files(
    container_id: str, pid: int, processes: Path = Path("/proc"), cgroups: Path = CGROUPS
) -> CgroupV1 | CgroupV2 | None:
    """Return the container's cgroup on this machine; None if its process runs on another one."""
    try:
        membership = (processes / str(pid) / "cgroup").read_text()
    except OSError:
        return None
    paths = parse_membership(membership)
    # The id in the path proves that this process is the container's, not another one with the same process id.
    if any(container_id not in paths.get(controller, "") for controller in ("cpuacct", "memory")):
        unified = cgroups / paths.get("", "").lstrip("/")
        return CgroupV2(unified) if container_id in str(unified) and (unified / "cpu.stat").exists() else None
    cpu, memory = (cgroups / controller / paths[controller].lstrip("/") for controller in ("cpuacct", "memory"))
    return CgroupV1(cpu, memory) if cpu.exists() and memory.exists() else None


def parse_membership(text: str) -> Mapping[str, str]:
    """Read the cgroup path by controller ("" for the unified hierarchy) out of ``/proc/PID/cgroup``."""
    paths = {}
    for line in text.splitlines():
        _number, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            paths[controller] = path
    return paths


def counter(text: str, name: str) -> int:
    """Read one counter out of a cgroup file of ``name value`` lines; 0 if it is missing."""
    for line in text.splitlines():
        key, _space, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
