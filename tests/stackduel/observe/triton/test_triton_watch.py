"""A Triton's own statistics around a window, from servers that are made up."""

from __future__ import annotations

import pytest

from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.observe.triton import triton_watch as module
from stackduel.observe.triton.triton_statistics import Counters, StatisticsError
from stackduel.observe.triton.triton_watch import TritonWatch, model_of

WHERE = Address("127.0.0.1", 1)
MS = 1_000_000


class Served:
    """Counters that grow by so much with every window."""

    def __init__(self, requests: int, runs: int, **spans_ms: float) -> None:
        self.requests, self.runs, self.spans_ms = requests, runs, spans_ms
        self.readings = 0

    def counters(self) -> Counters:
        spans = {name: round(self.readings * self.requests * ms * MS) for name, ms in self.spans_ms.items()}
        found = Counters(self.readings * self.requests, self.readings * self.runs, spans)
        self.readings += 1
        return found


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Served]:
    models: dict[str, Served] = {}

    def read(_where: Address, model: str) -> Counters:
        if model not in models:
            raise StatisticsError("no such model")
        return models[model].counters()

    monkeypatch.setattr(module, "read", read)
    return models


def watched(watch: TritonWatch) -> TritonWatch:
    watch.start()
    watch.stop()
    return watch


def test_a_model_s_spans_are_those_of_the_window(served: dict[str, Served]) -> None:
    """Means of its requests between the two readings, and how many shared a run."""
    served["speaker"] = Served(100, 25, queue=2.0, pre=0.5, infer=8.0, post=0.25)
    inside = watched(TritonWatch(WHERE, "speaker")).inside()
    assert inside is not None
    assert (inside.requests, inside.batch_mean) == (100, 4.0)
    assert inside.spans_ms == pytest.approx({"queue": 2.0, "pre": 0.5, "infer": 8.0, "post": 0.25})


def test_each_step_of_an_ensemble_is_a_span(served: dict[str, Served]) -> None:
    """The models' computing stands by itself; their queues add up, and the copying between them is the rest."""
    served["preprocessor"] = Served(100, 100, queue=1.0, pre=0.1, infer=3.0, post=0.2)
    served["acoustic"] = Served(100, 25, queue=4.0, pre=0.1, infer=9.0, post=0.2)
    served["decoder"] = Served(100, 100, queue=0.5, pre=0.1, infer=0.4, post=0.2)
    inside = watched(TritonWatch(WHERE, "speech")).inside()
    assert inside is not None
    assert inside.batch_mean == 4.0
    assert inside.spans_ms == pytest.approx({"pre": 3.0, "infer": 9.0, "post": 0.4, "queue": 5.5, "app": 0.9})


def test_what_does_not_tell_is_unknown(served: dict[str, Served]) -> None:
    """No Triton, no statistics, no requests, a step that is missing: never a zero."""
    assert watched(TritonWatch(None, "speaker")).inside() is None
    assert watched(TritonWatch(WHERE, "speaker")).inside() is None
    assert watched(TritonWatch(WHERE, None)).inside() is None
    served["speaker"] = Served(0, 0, queue=0, pre=0, infer=0, post=0)
    assert watched(TritonWatch(WHERE, "speaker")).inside() is None
    served["acoustic"] = Served(100, 25, queue=4.0, pre=0.1, infer=9.0, post=0.2)
    assert watched(TritonWatch(WHERE, "speech")).inside() is None


def test_the_model_is_the_one_that_a_triton_is_asked_for() -> None:
    """By the name that it has there; a mix of several has none."""
    speech = Workload("/infer/speaker", "POST", model="speaker", served_as="speech")
    assert model_of([speech, speech]) == "speech"
    assert model_of([Workload("/infer/vad", "POST", model="vad")]) == "vad"
    assert model_of([speech, Workload("/health")]) is None
