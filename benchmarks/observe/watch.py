"""What a stack spent in one trial: CPU seconds between two moments, and the most memory meanwhile."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from benchmarks.observe.usage import Meter
from benchmarks.trial import Cost

SAMPLE_S = 0.25


class Watch:
    """Reads a meter at both ends of a window and samples memory in between, on a thread of its own."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._cpu_at_start_s: float | None = None
        self._cpu_at_stop_s: float | None = None
        self._memory_peak_mib = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._sampler.ident is not None:
            self._sampler.join()

    def start(self) -> None:
        """The window opens."""
        self._cpu_at_start_s = self._read()
        if self._cpu_at_start_s is not None:
            self._sampler.start()

    def stop(self) -> None:
        """The window closes."""
        self._ended.set()
        self._cpu_at_stop_s = self._read()

    def cost(self) -> Cost | None:
        """CPU seconds within the window and peak memory; None where nothing could be read."""
        if self._cpu_at_start_s is None or self._cpu_at_stop_s is None:
            return None
        return Cost(self._cpu_at_stop_s - self._cpu_at_start_s, self._memory_peak_mib)

    def _read(self) -> float | None:
        if self._meter is None:
            return None
        try:
            usage = self._meter.read()
        except ProcessLookupError:
            return None
        self._memory_peak_mib = max(self._memory_peak_mib, usage.memory_mib)
        return usage.cpu_s

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self._read()
