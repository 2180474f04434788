"""The use of graphics processors while a window is open, sampled ten times a second on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from stackduel.model.gpu_use import GpuSample, GpuUse, ReadableGpu, used

SAMPLE_S = 0.1


class GpuWatch:
    """Samples devices between ``start`` and ``stop``; without a device it does nothing at all.

    As a context manager it ends its thread when the block is left, also after an error.
    """

    def __init__(self, devices: Sequence[ReadableGpu]) -> None:
        self._devices = tuple(devices)
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._rounds: list[tuple[GpuSample, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def start(self) -> None:
        """Open the window."""
        if self._devices:
            self._sampler.start()

    def stop(self) -> None:
        """Close the window after a last sample, so that even a very short window has one."""
        self._end()
        if self._devices:
            self._look()

    def use(self) -> GpuUse | None:
        """Return the devices' use within the window; None without devices or before its end."""
        return used([device.gpu for device in self._devices], self._rounds)

    def _end(self) -> None:
        self._ended.set()
        if self._sampler.ident is not None:
            self._sampler.join()

    def _look(self) -> None:
        self._rounds.append(tuple(device.read() for device in self._devices))

    def _sample(self) -> None:
        # The driver reports the utilisation before the call, so the first sample is one step after the opening.
        due_s = time.monotonic() + SAMPLE_S
        while not self._ended.wait(max(0.0, due_s - time.monotonic())):
            self._look()
            # Samples that a slow driver delays are skipped, not caught up on.
            due_s = max(due_s + SAMPLE_S, time.monotonic())
