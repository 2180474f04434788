"""The ensemble's second step, the only one that batches: mel spectra to one embedding a window."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

from servers.models.base import Array, Features
from servers.models.model import load
from servers.models.triton.requests import Request, Response, serve, tensor


class TritonPythonModel:
    """One instance; Triton calls it in one thread of its own process."""

    def initialize(self, given: Mapping[str, str]) -> None:
        """Load the model that the configuration names."""
        config = json.loads(given["model_config"])
        self._model = load(config["parameters"]["model"]["string_value"], os.environ)

    def execute(self, requests: Sequence[Request]) -> list[Response]:
        """Answer all requests of a batch by one call of the runtime, over the windows of all their clips."""
        return serve(requests, _prepare, self._model.infer, _finish)


def _prepare(request: Request) -> Features:
    spectra = tensor(request, "spectra")
    if len(spectra) != 1:
        raise ValueError("one clip a request: the server itself makes batches of them")
    return (spectra[0],)


def _finish(raw: Features) -> Mapping[str, Array]:
    return {"embeddings": raw[0][None]}
