"""How much CPU time a server has used for itself and in the kernel, by the counters of the operating system."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import docker.errors
import psutil

from stackduel.containers.engine import connect
from stackduel.model.target import ContainerRef, ProcessTree, Subject, parts_of
from stackduel.observe.resources.cgroups import US_PER_S, CgroupV2, counter, kernel_files


@dataclass(frozen=True, slots=True)
class CpuModes:
    """CPU seconds so far: of the program, and of the kernel on its behalf."""

    user_s: float
    system_s: float

    def since(self, earlier: CpuModes) -> CpuModes:
        """Return what was used between two readings."""
        return CpuModes(self.user_s - earlier.user_s, self.system_s - earlier.system_s)


def cpu_modes(subject: Subject) -> CpuModes | None:
    """Read what a server has used so far; None where that cannot be read from here."""
    match parts_of(subject)[0]:
        case ProcessTree(pid):
            return _of_tree(pid)
        case ContainerRef(container_id):
            return _of_container(container_id)
        case _:
            return None


def _of_tree(pid: int) -> CpuModes | None:
    try:
        root = psutil.Process(pid)
        times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
    except psutil.Error:
        return None
    return CpuModes(sum(each.user for each in times), sum(each.system for each in times))


def _of_container(container_id: str) -> CpuModes | None:
    """Read the cgroup's counters, where the engine runs on this machine's kernel."""
    with closing(connect()) as client:
        try:
            pid = int(client.api.inspect_container(container_id)["State"]["Pid"])
        except docker.errors.APIError:
            return None
    group = kernel_files(container_id, pid)
    try:
        if isinstance(group, CgroupV2):
            text = (group.folder / "cpu.stat").read_text()
            return CpuModes(counter(text, "user_usec") / US_PER_S, counter(text, "system_usec") / US_PER_S)
        if group is not None:
            text = (group.cpu / "cpuacct.stat").read_text()
            return CpuModes(counter(text, "user") / _TICKS_PER_S, counter(text, "system") / _TICKS_PER_S)
    except OSError:
        return None
    return None


# The kernel's unit in these files is the same on every system that has them.
_TICKS_PER_S = 100
