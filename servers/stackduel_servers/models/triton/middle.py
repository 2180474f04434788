"""The middle step of a model of the catalogue: prepared features in, raw outputs out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from stackduel_servers.models.base import Array, Features
from stackduel_servers.models.model import load
from stackduel_servers.models.triton.requests import TritonRequest, TritonResponse, serve, tensor


class TritonPythonModel:
    """One instance; Triton calls it in one thread of its own process."""

    def initialize(self, given: Mapping[str, str]) -> None:
        """Load the model that the configuration names; its ports are the features and raw outputs, in order."""
        config = json.loads(given["model_config"])
        self._model = load(config["parameters"]["model"]["string_value"], os.environ)
        self._inputs, self._outputs = ([port["name"] for port in config[key]] for key in ("input", "output"))
        self._is_batched = config["max_batch_size"] > 0

    def execute(self, requests: Sequence[TritonRequest]) -> list[TritonResponse]:
        """Answer all requests of a batch with one call of the runtime, as far as the model can."""
        return serve(requests, self._prepare, self._model.infer, self._finish)

    def _prepare(self, request: TritonRequest) -> Features:
        features = tuple(tensor(request, name) for name in self._inputs)
        if not self._is_batched:
            return features
        if any(len(each) != 1 for each in features):
            raise ValueError("one item a request: the server itself makes batches of them")
        return tuple(each[0] for each in features)

    def _finish(self, raw: Features) -> Mapping[str, Array]:
        return {name: each[None] if self._is_batched else each for name, each in zip(self._outputs, raw, strict=True)}
