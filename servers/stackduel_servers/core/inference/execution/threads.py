"""The model on the framework's own thread pool: as many requests at once as that pool has threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol, TypeVar

from stackduel_servers.core.inference import refusals
from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.inference.result import InferenceResult

_Argument = TypeVar("_Argument")
_Returned = TypeVar("_Returned")


class InThread(Protocol):
    """Runs a function of one argument on one of the framework's threads."""

    def __call__(self, function: Callable[[_Argument], _Returned], given: _Argument, /) -> Awaitable[_Returned]:
        """Return the function's result."""
        ...


class Threads:
    """Hands each request to the framework's pool, whose queue is bounded only by the requests' deadlines."""

    def __init__(self, models: Models, in_thread: InThread, timeout_s: float) -> None:
        self._models = models
        self._in_thread = in_thread
        self._timeout_s = timeout_s

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue; raises HttpError 504."""
        asked_s = monotonic()

        def work(given: InferenceRequest) -> tuple[InferenceResult, float]:
            queued_s = monotonic() - asked_s
            if queued_s >= self._timeout_s:
                raise refusals.too_slow(self._timeout_s)
            return self._models.one(given), queued_s

        return await self._in_thread(work, given)

    async def close(self) -> None:
        """Do nothing: the pool belongs to the framework."""
