"""The CPU quota around this process, from the kernel's files of both cgroup versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.observe.host.cpu_quota import own_quota


def process(folder: Path, membership: str) -> Path:
    """A /proc/PID of a process with these cgroups."""
    (folder / "process").mkdir()
    (folder / "process" / "cgroup").write_text(membership)
    return folder / "process"


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def test_version_1_is_read_up_to_its_root(tmp_path: Path) -> None:
    """Every cgroup around the process counts, each with its own time (nanoseconds), the tightest quota binds."""
    cgroups = tmp_path / "cg"
    inner = {"cpu.cfs_quota_us": "150000\n", "cpu.cfs_period_us": "100000\n", "cpu.stat": "throttled_time 2000000000\n"}
    outer = {
        "cpu.cfs_quota_us": "-1\n",
        "cpu.cfs_period_us": "100000\n",
        "cpu.stat": "nr_throttled 3\nthrottled_time 0",
    }
    write(cgroups / "cpu/jobs/one", inner)
    write(cgroups / "cpu/jobs", outer)
    write(cgroups / "cpu", {"cpu.stat": "throttled_time 0\n"})
    found = own_quota(process(tmp_path, "2:cpu,cpuacct:/jobs/one\n0::/elsewhere\n"), cgroups)
    assert found.cores == 1.5
    assert found.throttled_s() == (2.0, 0.0, 0.0)


def test_version_2_is_read_up_to_its_root(tmp_path: Path) -> None:
    """The time is in microseconds, ``max`` is no quota, and the root, which keeps no such account, is left out."""
    cgroups = tmp_path / "cg"
    write(cgroups / "jobs/one", {"cpu.max": "max 100000\n", "cpu.stat": "usage_usec 9\nthrottled_usec 250000\n"})
    write(cgroups / "jobs", {"cpu.max": "50000 100000\n", "cpu.stat": "throttled_usec 500000\n"})
    write(cgroups, {"cpu.stat": "usage_usec 9\n"})
    found = own_quota(process(tmp_path, "0::/jobs/one\n"), cgroups)
    assert found.cores == 0.5
    assert found.throttled_s() == (0.25, 0.5)


@pytest.mark.parametrize("path", ["/docker/b0ba7e285edec3b8", "/../b0ba7e285edec3b8"])
def test_inside_a_container_the_mounted_cgroup_is_its_own(tmp_path: Path, path: str) -> None:
    """Where the path is that of a cgroup outside, what is mounted is read instead."""
    cgroups = tmp_path / "cg"
    write(tmp_path / path.strip("/.").rpartition("/")[2], {"cpu.max": "900000 100000\n"})
    write(cgroups, {"cpu.max": "200000 100000\n", "cpu.stat": "throttled_usec 0\n"})
    found = own_quota(process(tmp_path, f"0::{path}\n"), cgroups)
    assert found.folders == (cgroups,)
    assert (found.cores, found.throttled_s()) == (2.0, (0.0,))


def test_without_cgroups_nothing_is_known(tmp_path: Path) -> None:
    """No quota, and no time of zero that nobody counted."""
    found = own_quota(tmp_path / "absent", tmp_path)
    assert (found.cores, found.throttled_s()) == (None, None)
    bare = own_quota(process(tmp_path, "0::/\n"), tmp_path)
    assert (bare.cores, bare.throttled_s()) == (None, None)
