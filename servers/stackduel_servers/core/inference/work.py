"""The work for requests to one model: decode, prepare, infer, finish, each timed. Runs on any thread.

This module imports every library that models need. Import it with the first request, never before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from time import perf_counter

from stackduel_servers.core.inference import refusals
from stackduel_servers.core.inference.ask import InferenceRequest
from stackduel_servers.core.inference.decoding import decode
from stackduel_servers.core.inference.memory import loading
from stackduel_servers.core.inference.result import InferenceResult
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.model import Features, Model, load
from stackduel_servers.models.store import ModelError


class Work:
    """The models of one process, each loaded with its first request; safe to share between threads."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._models: dict[str, Model] = {}
        self._loading = Lock()

    def one(self, given: InferenceRequest) -> InferenceResult:
        """Return the result of a single request; raises HttpError and any error of the model."""
        [result] = self.many(given.ask.model, [given])
        if isinstance(result, Exception):
            raise result
        return result

    def many(self, name: str, batch: Sequence[InferenceRequest]) -> list[InferenceResult | Exception]:
        """Return the results of requests to one model, in order, in as few runs as possible; a bad request fails alone.

        Raises any error of the model's run, when it is not known which request caused it.
        """
        prepared = [self._prepared(name, given) for given in batch]
        good = [each for each in prepared if not isinstance(each, Exception)]
        if not good:
            return [each for each in prepared if isinstance(each, Exception)]
        model = self._model(name)
        started_s = perf_counter()
        raw = iter(model.infer([features for features, _ in good]))
        infer_s = perf_counter() - started_s
        return [
            each if isinstance(each, Exception) else self._finished(model, next(raw), each[1], infer_s)
            for each in prepared
        ]

    def _prepared(self, name: str, given: InferenceRequest) -> tuple[Features, float] | Exception:
        started_s = perf_counter()
        try:
            card = CATALOG.get(name)
            # A bad body gets its error even if the model is not installed.
            content = decode(given.ask, (card or self._model(name).card).takes, given.body)
            decoded_s = perf_counter() - started_s
            model = self._model(name)
            started_s = perf_counter()
            features = model.prepare(content)
        except Exception as error:  # noqa: BLE001  # its request fails, its neighbours must not
            return error
        return features, decoded_s + perf_counter() - started_s

    def _finished(self, model: Model, raw: Features, pre_s: float, infer_s: float) -> InferenceResult | Exception:
        started_s = perf_counter()
        try:
            outputs = model.finish(raw)
        except Exception as error:  # noqa: BLE001  # its request fails, its neighbours must not
            return error
        return InferenceResult(outputs, pre_s, infer_s, perf_counter() - started_s)

    def _model(self, name: str) -> Model:
        model = self._models.get(name)
        if model is not None:
            return model
        with self._loading:
            if name not in self._models:
                with loading():
                    self._models[name] = _loaded(name, self._environ)
            return self._models[name]


def _loaded(name: str, environ: Mapping[str, str]) -> Model:
    try:
        return load(name, environ)
    except ModelError as error:
        raise refusals.not_available(name, str(error)) from error
    except ImportError as error:
        raise refusals.not_installed(error.name or "onnxruntime") from error
