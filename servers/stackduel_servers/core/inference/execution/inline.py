"""The model in the caller's own thread: no queue, but an event loop does nothing else meanwhile."""

from __future__ import annotations

from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.inference.result import InferenceResult


class BlockingInline:
    """Runs a request where it is handled."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue."""
        return self._models.one(given), 0.0

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


class AsyncInline:
    """Runs a request where it is handled and so blocks the event loop: a common mistake, here to be measured."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue."""
        return self._models.one(given), 0.0

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""
