"""CPU seconds and memory of a container."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import docker.errors
from docker import APIClient

from stackduel.containers.engine import connect, explained
from stackduel.observe.resources.cgroups import MIB, NS_PER_S, kernel_files
from stackduel.observe.resources.usage import Usage, UsageSource


class ContainerMeter:
    """Reads a container's cgroup: its exact CPU time, and its memory without reclaimable page cache.

    If the engine runs on this machine's kernel (Docker Engine on Linux), the meter reads the kernel's files: a fraction
    of a millisecond, and no work for the engine. Elsewhere (Docker Desktop) it requests one sample from the engine,
    which engine 20.10 answers at once or within a second, at the next round of its collector.
    """

    def __init__(self, container_id: str) -> None:
        self._container_id = container_id
        self._lock = threading.Lock()

    def read(self) -> Usage:
        """Read the usage now; raises ProcessLookupError when the container has ended, LaunchError without an engine."""
        with self._lock:
            return self._source.read()

    def glance(self) -> Usage:
        """Read the usage now as ``read`` does, which is quick enough."""
        return self.read()

    @functools.cached_property
    def _source(self) -> UsageSource:
        client = connect()
        # The meter is never closed: its connection closes when the meter is deleted.
        weakref.finalize(self, client.close)
        try:
            state = client.api.inspect_container(self._container_id)["State"]
        except docker.errors.NotFound:
            raise ProcessLookupError(self._container_id) from None
        if not state["Running"]:
            raise ProcessLookupError(self._container_id)
        return kernel_files(self._container_id, state["Pid"]) or EngineSample(client.api, self._container_id)


@dataclass(frozen=True, slots=True)
class EngineSample:
    """The engine's own sample of the same counters."""

    api: APIClient
    container_id: str

    def read(self) -> Usage:
        """Read the usage from the engine's next sample; raises ProcessLookupError when the container has ended."""
        with explained("reading what a container uses"):
            return parse_sample(self._sample())

    def _sample(self) -> dict[str, Any]:
        try:
            sample: dict[str, Any] = self.api.stats(self.container_id, stream=False, one_shot=True)
        except docker.errors.NotFound:
            raise ProcessLookupError(self.container_id) from None
        except docker.errors.InvalidVersion:
            # Engines before 20.10 take two samples, one second apart.
            sample = self.api.stats(self.container_id, stream=False)
        return sample


def parse_sample(sample: Mapping[str, Any]) -> Usage:
    """Read the usage out of one answer of the engine's stats call; raises ProcessLookupError on an empty one."""
    memory = sample.get("memory_stats") or {}
    if "usage" not in memory:
        raise ProcessLookupError(str(sample.get("id", "")))
    statistics = memory.get("stats") or {}
    reclaimable = statistics.get("total_inactive_file", statistics.get("inactive_file", 0))
    cpu_ns = sample["cpu_stats"]["cpu_usage"]["total_usage"]
    return Usage(cpu_ns / NS_PER_S, (memory["usage"] - reclaimable) / MIB)
