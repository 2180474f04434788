"""The CPU quota of this process, and for how long the quota throttled it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackduel.observe.resources.cgroups import CGROUPS, NS_PER_S, US_PER_S, counter, parse_membership

UNLIMITED = "max"


@dataclass(frozen=True, slots=True)
class Quota:
    """The cgroups that may throttle this process: its own and those around it, innermost first."""

    folders: tuple[Path, ...]

    @property
    def cores(self) -> float | None:
        """Return the CPU time that the tightest quota allows, in cores; None without a quota."""
        return min((cores for folder in self.folders if (cores := _cores(folder)) is not None), default=None)

    def throttled_s(self) -> tuple[float, ...] | None:
        """Return for how many CPU seconds each cgroup was throttled so far; None if the kernel does not count them.

        An outer cgroup's time is that of all processes in it.
        """
        times_s = [each for folder in self.folders if (each := _throttled_s(folder)) is not None]
        return tuple(times_s) or None


def own_quota(process: Path = Path("/proc/self"), cgroups: Path = CGROUPS) -> Quota:
    """Return the quota of this process; it has no cgroups on systems without them (macOS, Windows)."""
    try:
        paths = parse_membership((process / "cgroup").read_text())
    except OSError:
        return Quota(())
    if "cpu" in paths:
        return Quota(tuple(_from_inside_out(cgroups / "cpu", paths["cpu"])))
    return Quota(tuple(_from_inside_out(cgroups, paths.get("", "/"))))


def _from_inside_out(root: Path, path: str) -> Iterator[Path]:
    folder = root / path.lstrip("/")
    # Inside a container the path may be the host's, while the mounted cgroup is the container's own.
    folder = folder if folder.is_dir() and ".." not in folder.parts else root
    while True:
        yield folder
        if folder == root:
            return
        folder = folder.parent


def _cores(folder: Path) -> float | None:
    """Return the quota of one cgroup: ``cpu.max`` of version 2, else ``cpu.cfs_quota_us`` of version 1."""
    try:
        quota_us, period_us = (folder / "cpu.max").read_text().split()
    except OSError:
        try:
            quota_us = (folder / "cpu.cfs_quota_us").read_text().strip()
            period_us = (folder / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    return None if quota_us in {UNLIMITED, "-1"} else int(quota_us) / int(period_us)


def _throttled_s(folder: Path) -> float | None:
    try:
        text = (folder / "cpu.stat").read_text()
    except OSError:
        return None
    names = {line.partition(" ")[0] for line in text.splitlines()}
    if "throttled_usec" in names:
        return counter(text, "throttled_usec") / US_PER_S
    return counter(text, "throttled_time") / NS_PER_S if "throttled_time" in names else None
