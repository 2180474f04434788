"""The folder in which the workers of one start keep their numbers, one set of files for each process."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from stackduel_servers.core.metrics.workers import is_alive

FILE = re.compile(r"[a-z_]+_([0-9]+)\.db")
# A file that a new worker is about to lay out cannot be read yet.
ATTEMPTS = 5
UNFINISHED = (struct.error, RuntimeError, FileNotFoundError)


class FolderOfWorkers:
    """The files of prometheus-client's multiprocess mode, and whose they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def living_workers(self) -> tuple[int, ...]:
        """Return the processes that have recorded and still run; what the others had in flight is forgotten."""
        names = [FILE.fullmatch(path.name) for path in self._folder.glob("*.db")]
        workers = sorted({int(name[1]) for name in names if name})
        living = tuple(pid for pid in workers if is_alive(pid))
        for pid in set(workers) - set(living):
            with suppress(FileNotFoundError):  # another worker answers a scrape at the same time
                mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]
        return living

    def metrics(self) -> Iterable[Metric]:
        """Return all metrics, each the sum over the workers: counts also of those that have ended."""
        for _ in range(ATTEMPTS - 1):
            with suppress(*UNFINISHED):
                return self._merged()
        return self._merged()

    def _merged(self) -> Iterable[Metric]:
        files = [str(path) for path in self._folder.glob("*.db")]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return list(merged)
