"""The model on a Triton server; the handler does the steps before and after it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference import refusals
from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.result import InferenceResult
from stackduel_servers.core.triton import Triton
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.triton.repository import MIDDLES

if TYPE_CHECKING:
    from stackduel_servers.models.triton.remote import Remote


class AsyncRemote:
    """Sends each request's features to Triton and awaits the outputs; nothing is imported before the first request."""

    def __init__(self, triton: Triton, environ: Mapping[str, str] = os.environ) -> None:
        self._triton = triton
        self._environ = environ
        self._models: dict[str, Remote] = {}
        self._loading = asyncio.Lock()

    async def run(self, given: InferenceRequest) -> tuple[InferenceResult, float]:
        """Return the result and 0 s in a queue (Triton's is part of the call); raises HttpError 400, 502, 503, 504."""
        name = given.ask.model
        try:
            from stackduel_servers.core.inference.decoding import decode  # noqa: PLC0415  # with the first request
        except ImportError as error:
            raise refusals.not_installed(error.name or "a library") from error
        if name not in MIDDLES:
            raise refusals.not_available(name, f"Triton serves {', '.join(MIDDLES)}")
        started_s = perf_counter()
        # A bad body gets its error even if Triton is not reachable.
        content = decode(given.ask, CATALOG[name].takes, given.body)
        decoded_s = perf_counter() - started_s
        model = await self._model(name)
        started_s = perf_counter()
        features = model.ends.prepare(content)
        pre_s, started_s = decoded_s + perf_counter() - started_s, perf_counter()
        answer = await self._triton.infer(model.middle.name, model.inputs(features), model.outputs)
        infer_s, started_s = perf_counter() - started_s, perf_counter()
        try:
            outputs = model.ends.finish(model.raw(answer))
        except KeyError as error:
            raise HttpError(502, f"triton answered without {error}") from error
        return InferenceResult(outputs, pre_s, infer_s, perf_counter() - started_s), 0.0

    async def close(self) -> None:
        """Close the connections to Triton."""
        await self._triton.close()

    async def _model(self, name: str) -> Remote:
        """Return the model; its first request loads it here and on Triton."""
        if name not in self._models:
            async with self._loading:
                if name not in self._models:
                    model = _loaded(name, self._environ)
                    await self._triton.load(model.middle.name)
                    self._models[name] = model
        return self._models[name]


def _loaded(name: str, environ: Mapping[str, str]) -> Remote:
    try:
        from stackduel_servers.models.store import ModelError  # noqa: PLC0415  # with the first request
        from stackduel_servers.models.triton.remote import load_remote  # noqa: PLC0415
    except ImportError as error:
        raise refusals.not_installed(error.name or "a library") from error
    try:
        return load_remote(name, environ)
    except ModelError as error:
        raise refusals.not_available(name, str(error)) from error
