"""Models for async handlers, which suspend their task while the model runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.inference.ask import Ask, Headers, InferenceRequest
from stackduel_servers.core.inference.execution.inline import AsyncInline
from stackduel_servers.core.inference.execution.pooled import AsyncPooled, shape_of
from stackduel_servers.core.inference.execution.threads import InThread, Threads
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import record, span

if TYPE_CHECKING:
    from stackduel_servers.core.inference.result import InferenceResult, Outputs


class AsyncExecution(Protocol):
    """A place where a model runs."""

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue; raises HttpError."""
        ...

    async def close(self) -> None:
        """Release threads and connections."""
        ...


class AsyncInference:
    """All models of a service; nothing is imported, loaded or started before the first request.

    ``in_thread`` is the framework's own way to run a function on a thread. ``execution`` replaces the one that the
    settings name.
    """

    def __init__(
        self,
        settings: Settings,
        in_thread: InThread,
        environ: Mapping[str, str] = os.environ,
        execution: AsyncExecution | None = None,
    ) -> None:
        self._models = Models(environ)
        self._execution = execution or _execution(settings, in_thread, self._models)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._execution.close()

    def ask(self, model: str, headers: Headers) -> Ask:
        """Read the request's path and headers, before its body; raises HttpError 400, 404, 415."""
        return self._models.ask(model, headers)

    async def answer(self, ask: Ask, body: bytes) -> Answer:
        """Return the model's answer; raises HttpError 400, 503, 504."""
        outputs = await self.outputs(ask, body)
        with span("post"):
            return self._models.encode(ask, outputs)

    async def outputs(self, ask: Ask, body: bytes) -> Outputs:
        """Return the model's outputs by name; raises HttpError 400, 503, 504."""
        result, queue_s = await self._execution.run(InferenceRequest(ask, body))
        for name, spent_s in result.spans(queue_s):
            record(name, spent_s)
        return result.outputs


def _execution(settings: Settings, in_thread: InThread, models: Models) -> AsyncExecution:
    match settings.inference:
        case "executor" | "batched":
            return AsyncPooled(models, shape_of(settings), settings.inference_timeout_s)
        case "threads":
            return Threads(models, in_thread, settings.inference_timeout_s)
        case _:
            return AsyncInline(models)
