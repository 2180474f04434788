"""CPU seconds and memory of a container."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker.errors
from docker import APIClient

from stackduel.containers.engine import connect, explained
from stackduel.observe.usage import Usage, UsageSource

MIB = 1024 * 1024
NS_PER_S = 1_000_000_000
US_PER_S = 1_000_000
CGROUPS = Path("/sys/fs/cgroup")


class ContainerMeter:
    """Reads a container's cgroup: its CPU time exactly, and its memory without the page cache that could go.

    Where the engine's cgroups are this machine's (Docker Engine on Linux), the kernel's files are read: a fraction
    of a millisecond, and nothing of the engine's. Elsewhere (Docker Desktop) the engine is asked for one sample,
    which engine 20.10 answers at once or within a second, whenever its collector comes round.
    """

    def __init__(self, container_id: str) -> None:
        self._container_id = container_id
        self._lock = threading.Lock()

    def read(self) -> Usage:
        """The usage now; raises ProcessLookupError when the container has ended, LaunchError without an engine."""
        with self._lock:
            return self._source.read()

    def glance(self) -> Usage:
        """As ``read``, which is quick."""
        return self.read()

    @functools.cached_property
    def _source(self) -> UsageSource:
        client = connect()
        # The meter has no end of its own: its connection closes with it.
        weakref.finalize(self, client.close)
        try:
            state = client.api.inspect_container(self._container_id)["State"]
        except docker.errors.NotFound:
            raise ProcessLookupError(self._container_id) from None
        if not state["Running"]:
            raise ProcessLookupError(self._container_id)
        return kernel_files(self._container_id, state["Pid"]) or EngineSample(client.api, self._container_id)


@dataclass(frozen=True, slots=True)
class CgroupV1:
    """The files of a cgroup where each controller has a hierarchy of its own."""

    cpu: Path
    memory: Path

    def read(self) -> Usage:
        """The usage now; raises ProcessLookupError when the cgroup is gone."""
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
        """The usage now; raises ProcessLookupError when the cgroup is gone."""
        try:
            cpu_us = counter((self.folder / "cpu.stat").read_text(), "usage_usec")
            used = int((self.folder / "memory.current").read_text())
            statistics = (self.folder / "memory.stat").read_text()
        except OSError:
            raise ProcessLookupError(str(self.folder)) from None
        return Usage(cpu_us / US_PER_S, (used - counter(statistics, "inactive_file")) / MIB)


@dataclass(frozen=True, slots=True)
class EngineSample:
    """The engine's own sample of the same counters."""

    api: APIClient
    container_id: str

    def read(self) -> Usage:
        """The usage of the engine's next sample; raises ProcessLookupError when the container has ended."""
        with explained("reading what a container uses"):
            return parse_sample(self._sample())

    def _sample(self) -> dict[str, Any]:
        try:
            sample: dict[str, Any] = self.api.stats(self.container_id, stream=False, one_shot=True)
        except docker.errors.NotFound:
            raise ProcessLookupError(self.container_id) from None
        except docker.errors.InvalidVersion:
            # Engines before 20.10 take two samples, a second apart.
            sample = self.api.stats(self.container_id, stream=False)
        return sample


def kernel_files(
    container_id: str, pid: int, processes: Path = Path("/proc"), cgroups: Path = CGROUPS
) -> CgroupV1 | CgroupV2 | None:
    """The container's cgroup on this machine, or None where its process is not one of this machine's."""
    try:
        membership = (processes / str(pid) / "cgroup").read_text()
    except OSError:
        return None
    paths = parse_membership(membership)
    # The id in the path proves that this process is the container's, not one with its number on this machine.
    if any(container_id not in paths.get(controller, "") for controller in ("cpuacct", "memory")):
        unified = cgroups / paths.get("", "").lstrip("/")
        return CgroupV2(unified) if container_id in str(unified) and (unified / "cpu.stat").exists() else None
    cpu, memory = (cgroups / controller / paths[controller].lstrip("/") for controller in ("cpuacct", "memory"))
    return CgroupV1(cpu, memory) if cpu.exists() and memory.exists() else None


def parse_membership(text: str) -> Mapping[str, str]:
    """The cgroup path by controller ("" for the unified hierarchy) out of ``/proc/PID/cgroup`` (pure)."""
    paths = {}
    for line in text.splitlines():
        _number, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            paths[controller] = path
    return paths


def parse_sample(sample: Mapping[str, Any]) -> Usage:
    """The usage out of one answer of the engine's stats call (pure); raises ProcessLookupError on an empty one."""
    memory = sample.get("memory_stats") or {}
    if "usage" not in memory:
        raise ProcessLookupError(str(sample.get("id", "")))
    statistics = memory.get("stats") or {}
    reclaimable = statistics.get("total_inactive_file", statistics.get("inactive_file", 0))
    cpu_ns = sample["cpu_stats"]["cpu_usage"]["total_usage"]
    return Usage(cpu_ns / NS_PER_S, (memory["usage"] - reclaimable) / MIB)


def counter(text: str, name: str) -> int:
    """One counter out of a cgroup file of ``name value`` lines, 0 where it is not there (pure)."""
    for line in text.splitlines():
        key, _space, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
