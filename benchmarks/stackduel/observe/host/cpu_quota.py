"""The CPU quota of this process, and for how long it was held back by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackduel.observe.resources.cgroups import CGROUPS, NS_PER_S, US_PER_S, counter, parse_membership

UNLIMITED = "max"


@dataclass(frozen=True, slots=True)
class Quota:
    """The cgroups that may hold this process back: its own and those around it, innermost first."""

    folders: tuple[Path, ...]

    @property
    def cores(self) -> float | None:
        """How many cores' worth of CPU time the tightest quota allows; None without one."""
        return min((cores for folder in self.folders if (cores := _cores(folder)) is not None), default=None)

    def throttled_s(self) -> tuple[float, ...] | None:
        """For how many CPU seconds each of the cgroups was held back so far; None where the kernel keeps no account.

        An outer cgroup's time is that of all processes in it.
        """
        found = [each for folder in self.folders if (each := _throttled_s(folder)) is not None]
        return tuple(found) or None


def own_quota(process: Path = Path("/proc/self"), cgroups: Path = CGROUPS) -> Quota:
    """The quota of this process, without any cgroup where there is none (macOS, Windows)."""
    try:
        paths = parse_membership((process / "cgroup").read_text())
    except OSError:
        return Quota(())
    if "cpu" in paths:
        return Quota(tuple(_from_inside_out(cgroups / "cpu", paths["cpu"])))
    return Quota(tuple(_from_inside_out(cgroups, paths.get("", "/"))))


def _from_inside_out(root: Path, path: str) -> Iterator[Path]:
    folder = root / path.lstrip("/")
    # Inside a container the path may be the host's, and what is mounted the container's own cgroup.
    folder = folder if folder.is_dir() and ".." not in folder.parts else root
    while True:
        yield folder
        if folder == root:
            return
        folder = folder.parent


def _cores(folder: Path) -> float | None:
    """The quota of one cgroup: ``cpu.max`` of version 2, else ``cpu.cfs_quota_us`` of version 1."""
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
