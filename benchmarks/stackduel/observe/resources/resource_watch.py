"""The resources that one trial used: CPU seconds between two moments, and the peak of memory in between."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from stackduel.model.trial import Cost
from stackduel.observe.resources.memory_series import MemorySeries
from stackduel.observe.resources.usage import Meter, Usage

SAMPLE_S = 0.25


class CpuUse:
    """CPU seconds between ``start`` and ``stop``, as a meter counts them."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self._start_s: float | None = None
        self._stop_s: float | None = None

    def start(self) -> None:
        """Open the window."""
        usage = read(self._meter, exactly=False)
        self._start_s = usage.cpu_s if usage else None

    def stop(self) -> None:
        """Close the window."""
        usage = read(self._meter, exactly=False)
        self._stop_s = usage.cpu_s if usage else None

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the window; None if nothing could be read."""
        return None if self._start_s is None or self._stop_s is None else self._stop_s - self._start_s


class ResourceWatch:
    """Reads a stack's meter at both ends of a window and glances at it in between, on a thread of its own."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self._spending = CpuUse(meter)
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._memory_peak_mib = 0.0
        self._memory = MemorySeries()
        self._began_s = 0.0

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
        self._began_s = time.monotonic()
        self._note_memory(exactly=True)
        self._spending.start()
        if self._meter is not None:
            self._sampler.start()

    def stop(self) -> None:
        """Close the window."""
        self._ended.set()
        self._spending.stop()
        if self._sampler.ident is not None:
            self._sampler.join()
        self._note_memory(exactly=True)

    def cost(self) -> Cost | None:
        """Return CPU seconds and memory of the window; None if nothing could be read."""
        cpu_s = self._spending.cpu_s()
        return None if cpu_s is None else Cost(cpu_s, self._memory_peak_mib, self._memory.points())

    def _note_memory(self, *, exactly: bool) -> None:
        usage = read(self._meter, exactly=exactly)
        if usage is not None:
            self._memory_peak_mib = max(self._memory_peak_mib, usage.memory_mib)
            self._memory.add(time.monotonic() - self._began_s, usage.memory_mib)

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self._note_memory(exactly=False)


def read(meter: Meter | None, *, exactly: bool = True) -> Usage | None:
    """Read a meter now; None without a meter, or if its stack has ended."""
    if meter is None:
        return None
    try:
        return meter.read() if exactly else meter.glance()
    except ProcessLookupError:
        return None
