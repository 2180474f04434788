"""A container's usage, from the kernel's files of both cgroup versions and from the engine's samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.observe.resources.cgroups import CgroupV1, CgroupV2, kernel_files
from stackduel.observe.resources.container_meter import parse_sample
from stackduel.observe.resources.usage import Usage

ID = "b0ba7e285edec3b8"
PID = 77
MIB = 1024 * 1024


def process(folder: Path, membership: str) -> Path:
    """A /proc with one process in it."""
    (folder / "proc" / str(PID)).mkdir(parents=True)
    (folder / "proc" / str(PID) / "cgroup").write_text(membership)
    return folder / "proc"


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def test_version_1_is_read_from_its_hierarchies(tmp_path: Path) -> None:
    """CPU time is in nanoseconds; memory leaves out the page cache that the kernel could take back."""
    processes = process(tmp_path, f"5:memory:/docker/{ID}\n4:cpu,cpuacct:/docker/{ID}\n0::/docker/{ID}\n")
    write(tmp_path / "cg/cpuacct/docker" / ID, {"cpuacct.usage": "1500000000\n"})
    files = {"memory.usage_in_bytes": f"{5 * MIB}\n", "memory.stat": f"cache 1\ntotal_inactive_file {2 * MIB}\n"}
    write(tmp_path / "cg/memory/docker" / ID, files)
    found = kernel_files(ID, PID, processes, tmp_path / "cg")
    assert isinstance(found, CgroupV1)
    assert found.read() == Usage(cpu_s=1.5, memory_mib=3.0)


def test_version_2_is_read_from_the_unified_hierarchy(tmp_path: Path) -> None:
    """CPU time is in microseconds, whatever the engine's cgroup driver calls the container's folder."""
    processes = process(tmp_path, f"0::/system.slice/docker-{ID}.scope\n")
    files = {
        "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
        "memory.current": f"{7 * MIB}\n",
        "memory.stat": f"anon 1\ninactive_file {MIB}\n",
    }
    write(tmp_path / f"cg/system.slice/docker-{ID}.scope", files)
    found = kernel_files(ID, PID, processes, tmp_path / "cg")
    assert isinstance(found, CgroupV2)
    assert found.read() == Usage(cpu_s=2.5, memory_mib=6.0)


@pytest.mark.parametrize("membership", ["0::/user.slice\n", "4:cpu,cpuacct:/\n5:memory:/\n0::/\n"])
def test_a_stranger_with_the_same_number_is_not_read(tmp_path: Path, membership: str) -> None:
    """An engine in a virtual machine tells numbers of its own processes; this machine's are not taken for them."""
    write(tmp_path / "cg/user.slice", {"cpu.stat": "usage_usec 1\n"})
    assert kernel_files(ID, PID, process(tmp_path, membership), tmp_path / "cg") is None


def test_a_process_that_is_not_here_is_not_read(tmp_path: Path) -> None:
    """Without such a process the engine has to be asked."""
    assert kernel_files(ID, PID, tmp_path, tmp_path) is None


def test_a_container_that_has_ended_cannot_be_read(tmp_path: Path) -> None:
    """Its cgroup is gone with it, in either version."""
    with pytest.raises(ProcessLookupError):
        CgroupV1(tmp_path / "no", tmp_path / "no").read()
    with pytest.raises(ProcessLookupError):
        CgroupV2(tmp_path / "no").read()


@pytest.mark.parametrize("name", ["total_inactive_file", "inactive_file"])
def test_an_engine_s_sample_is_read_in_both_versions(name: str) -> None:
    """The reclaimable page cache has another name in each cgroup version."""
    sample = {
        "cpu_stats": {"cpu_usage": {"total_usage": 250_000_000}},
        "memory_stats": {"usage": 3 * MIB, "stats": {name: MIB}},
    }
    assert parse_sample(sample) == Usage(cpu_s=0.25, memory_mib=2.0)


def test_the_empty_sample_of_an_ended_container_is_no_zero() -> None:
    """An engine answers for an ended container with zeros; that is an end, not a usage."""
    with pytest.raises(ProcessLookupError):
        parse_sample({"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}})
