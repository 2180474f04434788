"""Models behind handlers: imported and loaded once, with the first request; errors for missing ones."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference import work
from stackduel_servers.core.inference.ask import FLOAT32, Ask, InferenceRequest
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.inference.process_models import Models
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import Timing, current_timing
from stackduel_servers.models.catalog import CATALOG, Card
from tests.stackduel_servers.core.inference.test_execution import in_other_thread

ROOT = Path(__file__).parents[4]
# Not orjson: FastAPI itself imports it where it is installed.
HEAVY = ("numpy", "onnxruntime", "soundfile", "soxr", "PIL", "tokenizers", "stackduel_servers.models")
SECOND = np.zeros(48_000, np.float32)


class FakeModel:
    """In the place of fast-cnn: gives the sum of the samples; a batch with a negative sample breaks."""

    card: Card = CATALOG["fast-cnn"]

    def __init__(self) -> None:
        self.batches: list[int] = []

    def prepare(self, given: Any) -> tuple[Any, ...]:
        """The samples; 2 as the first cannot be prepared."""
        if given[0] == 2:
            raise RuntimeError("cannot be prepared")
        return (given,)

    def infer(self, batch: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Sums."""
        self.batches.append(len(batch))
        if any(item[0][0] < 0 for item in batch):
            raise RuntimeError("broke")
        return [(item[0].sum(dtype=np.float64),) for item in batch]

    def finish(self, raw: tuple[Any, ...]) -> Mapping[str, Any]:
        """The sum by name; 9 cannot be finished."""
        if raw[0] == 9:
            raise RuntimeError("cannot be finished")
        return {"sum": np.array([raw[0]], np.float32)}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[FakeModel]:
    """Each model that was loaded."""
    models: list[FakeModel] = []

    def load(_name: str, _environ: Mapping[str, str]) -> FakeModel:
        models.append(FakeModel())
        return models[-1]

    monkeypatch.setattr(work, "load", load)
    return models


def starting_with(number: float) -> InferenceRequest:
    """One second of silence behind this sample."""
    samples = SECOND.copy()
    samples[0] = number
    return InferenceRequest(Ask("fast-cnn", FLOAT32), samples.tobytes())


@pytest.mark.parametrize(
    "app",
    [
        "flask_app",
        "quart_app",
        "fastapi_app",
        "fastapi_threadpool",
        "fastapi_idiomatic",
        "starlette_app",
        "django_app",
        "django_async",
        "litestar_app",
        "aiohttp_app",
        "asgi_app",
    ],
)
def test_nothing_heavy_is_imported_before_the_first_request(app: str) -> None:
    """A service without model requests starts without numpy and ONNX Runtime."""
    code = f"import sys, stackduel_servers.apps.{app}; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_a_model_is_loaded_once(loaded: list[FakeModel]) -> None:
    """Any number of simultaneous first requests share one model."""
    models = Models({})
    barrier = threading.Barrier(8)

    def first(number: int) -> float:
        barrier.wait()
        return float(models.one(starting_with(number)).outputs["sum"][0])

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(first, (3, 4, 5, 6, 7, 8, 10, 11))) == [3, 4, 5, 6, 7, 8, 10, 11]
    assert len(loaded) == 1


def test_in_a_batch_each_fails_alone(loaded: list[FakeModel]) -> None:
    """A request that fails to decode, prepare or finish does not fail its neighbours; the others run together."""
    batch = [
        *(starting_with(1), InferenceRequest(Ask("fast-cnn", FLOAT32), b"123"), starting_with(2)),
        *(starting_with(9), starting_with(float("nan")), starting_with(5)),
    ]
    first, short, unprepared, unfinished, infinite, last = Models({}).many("fast-cnn", batch)
    assert not isinstance(first, Exception)
    assert not isinstance(last, Exception)
    assert (first.outputs["sum"][0], last.outputs["sum"][0]) == (1, 5)
    assert first.infer_s == last.infer_s > 0
    assert [isinstance(each, HttpError) for each in (short, infinite)] == [True, True]
    assert [str(each) for each in (unprepared, unfinished)] == ["cannot be prepared", "cannot be finished"]
    assert loaded[0].batches == [3]
    assert all(isinstance(each, HttpError) for each in Models({}).many("fast-cnn", [batch[1]]))


def test_a_run_that_breaks_is_raised_for_the_batcher_to_take_apart(loaded: list[FakeModel]) -> None:
    """The failing request is unknown here, so the batcher must retry each alone."""
    with pytest.raises(RuntimeError, match="broke"):
        Models({}).many("fast-cnn", [starting_with(1), starting_with(-1)])


def test_a_model_that_is_not_built_is_503_with_the_remedy(tmp_path: Path) -> None:
    """The sentence gives the remedy, and the header when to retry; bad input gets its own error."""
    models = Models({"STACKDUEL_MODELS": str(tmp_path)})
    with pytest.raises(HttpError) as error:
        models.one(starting_with(0))
    assert error.value.status == 503
    assert error.value.headers == (("Retry-After", "60"),)
    assert error.value.message.startswith("model fast-cnn is not available: ")
    assert "stackduel_servers.models build fast-cnn" in error.value.message
    with pytest.raises(HttpError) as error:
        models.one(InferenceRequest(Ask("fast-cnn", FLOAT32), b""))
    assert error.value.status == 400


def test_libraries_that_are_not_installed_are_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the answer names the missing package, and the client may retry."""
    monkeypatch.delitem(sys.modules, "stackduel_servers.core.inference.work")
    monkeypatch.setitem(sys.modules, "stackduel_servers.core.inference.decoding", None)
    with pytest.raises(HttpError, match=r"inference is not installed on this server: .* is missing") as error:
        Models({}).one(starting_with(0))
    assert error.value.status == 503


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_service_that_was_forked_before_its_first_request_answers() -> None:
    """Gunicorn loads the application and then forks: threads and models start in each worker."""
    code = """
import os
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference.ask import Ask
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.settings import Settings

settings = Settings(inference="batched", pool=2, batch_size=4)
inference = BlockingInference(settings, {"STACKDUEL_MODELS": "/nowhere"})
if os.fork() == 0:
    try:
        inference.answer(Ask("fast-cnn", "application/octet-stream"), bytes(192_000))
    except HttpError as error:
        print(error.status, flush=True)
    inference.close()
    os._exit(0)
os.wait()
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "503\n"


@pytest.mark.parametrize("execution", ["inline", "batched"])
def test_both_facades_answer_the_same_and_record_every_span(execution: str, loaded: list[FakeModel]) -> None:
    """Blocking and async give the same bytes and the same names in Server-Timing."""
    import asyncio

    settings = Settings(inference=execution, pool=1, batch_size=2)
    given = starting_with(7)
    blocking = BlockingInference(settings, {})
    timing = Timing()
    token = current_timing.set(timing)
    body = blocking.answer(given.ask, given.body).body
    blocking.close()
    current_timing.reset(token)
    assert body == b'{"model":"fast-cnn","outputs":{"sum":[7.0]}}'
    assert tuple(timing.spans_s) == ("pre", "queue", "infer", "post")

    async def asynchronous() -> tuple[bytes, tuple[str, ...]]:
        current_timing.set(awaited := Timing())
        async with AsyncInference(settings, in_other_thread, {}) as inference:
            answer = await inference.answer(given.ask, given.body)
        return answer.body, tuple(awaited.spans_s)

    assert asyncio.run(asynchronous()) == (body, tuple(timing.spans_s))
