"""Other busy processes on this machine, by name alone: their arguments may be secret."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

# Identifies one process for its lifetime: process ids are reused.
Identity = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A foreign process and its share of the host's CPU time."""

    name: str
    share: float


class Neighbours:
    """Reads the CPU time of all processes but this one and its descendants at both ends of a window.

    Processes that ended within the window are not seen, processes that started in it are.
    """

    def __init__(self) -> None:
        self._opened_s = self._closed_s = 0.0
        self._before: dict[Identity, tuple[str, float]] = {}
        self._after: dict[Identity, tuple[str, float]] = {}

    def start(self) -> None:
        """Open the window."""
        self._opened_s, self._before = time.monotonic(), _others()

    def stop(self) -> None:
        """Close the window."""
        self._closed_s, self._after = time.monotonic(), _others()

    def busiest(self, count: int) -> tuple[Neighbour, ...]:
        """Return the processes that used most CPU time, at most that many, without idle ones."""
        host_s = (self._closed_s - self._opened_s) * (psutil.cpu_count() or 1)
        used_s = [
            (cpu_s - self._before.get(identity, ("", 0.0))[1], name) for identity, (name, cpu_s) in self._after.items()
        ]
        busy = sorted(((each_s, name) for each_s, name in used_s if each_s > 0), reverse=True)
        return tuple(Neighbour(name, each_s / host_s) for each_s, name in busy[:count])


def listed(neighbours: Sequence[Neighbour]) -> str:
    """Return their names and shares for a sentence."""
    return ", ".join(f"{each.name} {100 * each.share:.1f} %" for each in neighbours)


def _others() -> dict[Identity, tuple[str, float]]:
    """Read name and CPU seconds of every foreign process, as far as the system shows them."""
    # Id 0 is no process: Windows lists the idle time there.
    own = {0, os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    cpu_s = {}
    for process in psutil.process_iter(["create_time", "cpu_times", "name"]):
        shown = process.info
        if process.pid in own or None in shown.values():
            continue
        times = shown["cpu_times"]
        cpu_s[process.pid, shown["create_time"]] = (_printable(shown["name"]), times.user + times.system)
    return cpu_s


def _printable(name: str) -> str:
    """Return the name with "?" for unprintable characters: a process may put terminal commands into its name."""
    return "".join(each if each.isprintable() else "?" for each in name)
