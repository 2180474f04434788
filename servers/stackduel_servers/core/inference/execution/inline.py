"""The model in the caller's own thread: nothing to queue for, and on an event loop nothing else is done meanwhile."""

from __future__ import annotations

from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.models import Models
from stackduel_servers.core.inference.result import InferenceResult


class BlockingInline:
    """Runs a request where it is handled."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """The result, and the seconds it was queued for."""
        return self._models.one(given), 0.0

    def close(self) -> None:
        """Nothing is held."""


class AsyncInline:
    """Runs a request where it is handled, which stops the event loop: a way of doing it wrong, to be measured."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """The result, and the seconds it was queued for."""
        return self._models.one(given), 0.0

    async def close(self) -> None:
        """Nothing is held."""
