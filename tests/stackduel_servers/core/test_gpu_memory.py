"""The GPU memory of a process, as a library that plays NVIDIA's reports it."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel_servers.core.gpu_memory import MIB, UNKNOWN, used_mib

HERE, OTHER = 4242, 1


class FakeNvml:
    """Two GPUs with the same processes; ``fails`` is the function that does not work."""

    def __init__(self, processes: dict[int, int], fails: str = "") -> None:
        self._processes = processes
        self._fails = fails

    def nvmlInit_v2(self) -> int:
        return int(self._fails == "init")

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, number: int, device: Any) -> int:
        device._obj.value = number + 1
        return int(self._fails == "handle")

    def nvmlDeviceGetComputeRunningProcesses_v3(self, device: Any, most: Any, processes: Any) -> int:
        most._obj.value = len(self._processes)
        for place, (pid, used) in enumerate(self._processes.items()):
            processes[place].pid, processes[place].used_bytes = pid, used
        return int(self._fails == "processes")


@pytest.mark.parametrize(
    ("processes", "fails", "mib"),
    [
        ({HERE: 300 * MIB, OTHER: 900 * MIB}, "", 600.0),
        ({OTHER: 900 * MIB}, "", None),
        ({HERE: UNKNOWN}, "", None),
        ({HERE: 300 * MIB}, "init", None),
        ({HERE: 300 * MIB}, "handle", None),
        ({HERE: 300 * MIB}, "processes", None),
    ],
)
def test_the_memory_of_one_process_on_all_gpus(processes: dict[int, int], fails: str, mib: float | None) -> None:
    """The sum over the GPUs that know the process, and nothing where none does."""
    assert used_mib(FakeNvml(processes, fails), HERE) == mib
