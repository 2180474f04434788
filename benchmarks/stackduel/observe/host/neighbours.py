"""Which other processes are at work on this machine, by name alone: what they were started with may be a secret."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

# One process in one life: numbers are given out again.
Identity = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A process of somebody else's, and its share of the host's CPU time."""

    name: str
    share: float


class Neighbours:
    """Reads the CPU time of all processes but this one and its descendants at both ends of a window.

    A process that ended within the window is not seen, one that began in it is.
    """

    def __init__(self) -> None:
        self._opened_s = self._closed_s = 0.0
        self._before: dict[Identity, tuple[str, float]] = {}
        self._after: dict[Identity, tuple[str, float]] = {}

    def start(self) -> None:
        """The window opens."""
        self._opened_s, self._before = time.monotonic(), _others()

    def stop(self) -> None:
        """The window closes."""
        self._closed_s, self._after = time.monotonic(), _others()

    def busiest(self, count: int) -> tuple[Neighbour, ...]:
        """The processes that used most, at most so many of them, and none that used nothing."""
        host_s = (self._closed_s - self._opened_s) * (psutil.cpu_count() or 1)
        used_s = [
            (cpu_s - self._before.get(identity, ("", 0.0))[1], name) for identity, (name, cpu_s) in self._after.items()
        ]
        busy = sorted(((each_s, name) for each_s, name in used_s if each_s > 0), reverse=True)
        return tuple(Neighbour(name, each_s / host_s) for each_s, name in busy[:count])


def _others() -> dict[Identity, tuple[str, float]]:
    """Name and CPU seconds of every process that is none of ours, as far as the system shows them."""
    # Number 0 is no process: Windows has the idle time there.
    own = {0, os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    found = {}
    for process in psutil.process_iter(["create_time", "cpu_times", "name"]):
        shown = process.info
        if process.pid in own or None in shown.values():
            continue
        times = shown["cpu_times"]
        found[process.pid, shown["create_time"]] = (_printable(shown["name"]), times.user + times.system)
    return found


def _printable(name: str) -> str:
    """A process may call itself anything, an order to the terminal too."""
    return "".join(each if each.isprintable() else "?" for each in name)
