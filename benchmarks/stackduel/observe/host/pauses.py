"""Pauses of the host: how much CPU time the hypervisor took from one core at a stretch.

The share of a whole window says little of them: 100 ms in one piece are 2 % of a window of 5 s, and hold 2 % of its
events.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import psutil

SAMPLE_S = 0.05
STRETCH_S = 0.1


class PauseWatch:
    """Reads what was stolen from each core many times while a window is open, on a thread of its own.

    It reads nothing unless it is ``wanted``.
    """

    def __init__(self, read: Callable[[], tuple[float, ...] | None] | None = None, *, wanted: bool = True) -> None:
        self._read = read or stolen_by_core
        self._wanted = wanted
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._samples: list[tuple[float, tuple[float, ...]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._sampler.ident is not None:
            self._sampler.join()

    def start(self) -> None:
        """Open the window."""
        if self._wanted:
            self._note()
            self._sampler.start()

    def stop(self) -> None:
        """Close the window."""
        if self._wanted:
            self._ended.set()
            self._sampler.join()
            self._note()

    def longest_ms(self) -> float | None:
        """Return the milliseconds of the window's longest pause; None if nothing could be read."""
        return longest_pause_ms(self._samples)

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self._note()

    def _note(self) -> None:
        stolen_s = self._read()
        if stolen_s is not None:
            self._samples.append((time.monotonic(), stolen_s))


def longest_pause_ms(samples: Sequence[tuple[float, tuple[float, ...]]]) -> float | None:
    """Return the most milliseconds that one core lost within ``STRETCH_S``, or between two samples further apart.

    A sample is a moment and the seconds that were stolen from each core by then. None where there are fewer than two.
    """
    if len(samples) < 2:
        return None
    longest_s, first = 0.0, 0
    for at, (now_s, stolen_s) in enumerate(samples[1:], 1):
        while first < at - 1 and now_s - samples[first][0] > STRETCH_S:
            first += 1
        pairs = zip(samples[first][1], stolen_s, strict=True)
        longest_s = max(longest_s, *(late_s - early_s for early_s, late_s in pairs))
    return 1000 * longest_s


def stolen_by_core() -> tuple[float, ...] | None:
    """Read the seconds that the hypervisor took from each core so far; None where the system does not report it."""
    every = psutil.cpu_times(percpu=True)
    return tuple(times.steal for times in every) if every and hasattr(every[0], "steal") else None
