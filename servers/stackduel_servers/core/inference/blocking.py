"""Models for blocking handlers, which hold their thread while the model runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.inference.ask import Ask, Headers, InferenceRequest
from stackduel_servers.core.inference.execution.inline import BlockingInline
from stackduel_servers.core.inference.execution.pooled import BlockingPooled, shape_of
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import record, span

if TYPE_CHECKING:
    from stackduel_servers.core.inference.result import InferenceResult, Outputs


class BlockingExecution(Protocol):
    """A place where a model runs."""

    def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and the seconds it spent in the queue; raises HttpError."""
        ...

    def close(self) -> None:
        """Release threads and connections."""
        ...


class BlockingInference:
    """All models of a service; nothing is imported, loaded or started before the first request."""

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self._models = Models(environ)
        self._execution = _execution(settings, self._models)

    def ask(self, model: str, headers: Headers) -> Ask:
        """Read the request's path and headers, before its body; raises HttpError 400, 404, 415."""
        return self._models.ask(model, headers)

    def answer(self, ask: Ask, body: bytes) -> Answer:
        """Return the model's answer; raises HttpError 400, 503, 504."""
        outputs = self.outputs(ask, body)
        with span("post"):
            return self._models.encode(ask, outputs)

    def outputs(self, ask: Ask, body: bytes) -> Outputs:
        """Return the model's outputs by name; raises HttpError 400, 503, 504."""
        result, queue_s = self._execution.run(InferenceRequest(ask, body))
        for name, spent_s in result.spans(queue_s):
            record(name, spent_s)
        return result.outputs

    def close(self) -> None:
        """Let running requests end and refuse waiting ones."""
        self._execution.close()


def _execution(settings: Settings, models: Models) -> BlockingExecution:
    if settings.inference in {"executor", "batched"}:
        return BlockingPooled(models, shape_of(settings), settings.inference_timeout_s)
    return BlockingInline(models)
