"""All three steps of a model of the catalogue, from samples to outputs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from stackduel_servers.models.base import Array, Features
from stackduel_servers.models.model import load
from stackduel_servers.models.triton.requests import TritonRequest, TritonResponse, serve, tensor
from stackduel_servers.models.triton.sound import one_clip


class TritonPythonModel:
    """One instance; Triton calls it in one thread of its own process."""

    def initialize(self, given: Mapping[str, str]) -> None:
        """Load the model that the configuration names."""
        config = json.loads(given["model_config"])
        self._model = load(config["parameters"]["model"]["string_value"], os.environ)
        self._is_batched = config["max_batch_size"] > 0

    def execute(self, requests: Sequence[TritonRequest]) -> list[TritonResponse]:
        """Answer all requests of a batch with one call of the runtime."""
        return serve(requests, self._prepare, self._model.infer, self._finish)

    def _prepare(self, request: TritonRequest) -> Features:
        return self._model.prepare(one_clip(tensor(request, "samples")))

    def _finish(self, raw: Features) -> Mapping[str, Array]:
        outputs = self._model.finish(raw)
        return {name: output[None] for name, output in outputs.items()} if self._is_batched else outputs
