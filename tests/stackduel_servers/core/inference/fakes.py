"""Fake models with set results, instead of real ones."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from stackduel_servers.core.inference.ask import FLOAT32, Ask, InferenceRequest
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.inference.result import InferenceResult


def given(text: str, model: str = "fast-cnn") -> InferenceRequest:
    """A request whose body says what becomes of it."""
    return InferenceRequest(Ask(model, FLOAT32), text.encode())


class FakeModels(Models):
    """Answers each body with its length; stands still while ``go`` is not set, fails on ``broken``."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ or {})
        self.go, self.began = threading.Event(), threading.Event()
        self.go.set()
        self.batches: list[list[bytes]] = []
        self.threads: set[int] = set()

    def one(self, given: InferenceRequest) -> InferenceResult:
        """One request's result."""
        [result] = self.many(given.ask.model, [given])
        if isinstance(result, Exception):
            raise result
        return result

    def many(self, name: Hashable, batch: Sequence[InferenceRequest]) -> Sequence[InferenceResult | Exception]:
        """A batch's results."""
        self.threads.add(threading.get_ident())
        self.batches.append([each.body for each in batch])
        self.began.set()
        assert self.go.wait(20)
        return [ValueError("broken") if each.body == b"broken" else result(each) for each in batch]


def result(given: InferenceRequest) -> InferenceResult:
    """Return what the fake makes of a request."""
    return InferenceResult({"length": np.array([len(given.body)], np.float32)}, 0.001, 0.002, 0.003)


def length(result: InferenceResult) -> int:
    """The length that was answered."""
    return int(result.outputs["length"][0])
