"""Everything that is observed while the window of a trial is open."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.target import Address
from stackduel.observe.gpu.gpu_watch import GpuWatch
from stackduel.observe.host.host_noise import NoiseMeter
from stackduel.observe.host.pauses import PauseWatch
from stackduel.observe.resources.resource_watch import CpuUse, ResourceWatch
from stackduel.observe.resources.usage import Meter
from stackduel.observe.triton.triton_watch import TritonWatch


class WindowObserver(Protocol):
    """Observes something while a window is open."""

    def start(self) -> None:
        """Begin, as the window opens."""

    def stop(self) -> None:
        """End, as the window closes."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The meters of a trial: the stack, the downstream, a proxy, our own containers, GPUs, a Triton and its model.

    ``pauses`` says that the pauses of the host are looked at, too.
    """

    stack: Meter | None
    downstream: Meter | None
    containers: Sequence[Meter]
    gpus: Sequence[ReadableGpu]
    triton: Address | None
    model: str | None
    server_cores: Sequence[int] = ()
    proxy: Meter | None = None
    pauses: bool = False


class TrialObservers:
    """Observes the host's noise, the stack, the downstream, GPUs and a Triton's own statistics."""

    def __init__(self, observed: Observed) -> None:
        self.noise = NoiseMeter(observed.containers, stack=observed.stack, server_cores=observed.server_cores)
        self.pauses = PauseWatch(wanted=observed.pauses)
        self.downstream = CpuUse(observed.downstream)
        self.proxy = CpuUse(observed.proxy)
        self.triton = TritonWatch(observed.triton, observed.model)
        self.gpus = GpuWatch(observed.gpus)
        self.stack = ResourceWatch(observed.stack)
        self._threads = ExitStack()

    def __enter__(self) -> Self:
        self._threads.enter_context(self.pauses)
        self._threads.enter_context(self.stack)
        self._threads.enter_context(self.gpus)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.close()

    def start(self) -> None:
        """Start all observers, the stack's last: closest to the window."""
        for each in self._all:
            each.start()

    def stop(self) -> None:
        """Stop all observers, the stack's first: closest to the window."""
        for each in reversed(self._all):
            each.stop()

    @property
    def _all(self) -> tuple[WindowObserver, ...]:
        return (self.noise, self.pauses, self.downstream, self.proxy, self.triton, self.gpus, self.stack)
