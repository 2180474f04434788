"""A model alone: its runs, their times, and the printed result."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from stackduel_servers.models.bench import MOST_TIMES_KEPT, Plan, _thinned, main, measure, quantile_ms
from stackduel_servers.models.catalog import CATALOG, Card, TensorInput
from stackduel_servers.models.model import DecodedInput, Features, Model, ModelOutputs
from stackduel_servers.models.sample_inputs import generate
from tests.until import until


class Sleeper:
    """A model of a known speed that runs without the interpreter, as ONNX Runtime does."""

    def __init__(self, seconds: float, fails_after: int | None = None) -> None:
        self.card = Card("sleeper", "s", "here", "MIT", TensorInput((1,)))
        self.seconds = seconds
        self.fails_after = fails_after
        self.calls: list[tuple[int, int]] = []

    def prepare(self, given: DecodedInput) -> Features:
        return (np.asarray(given),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        self.calls.append((threading.get_ident(), len(batch)))
        if self.fails_after is not None and len(self.calls) > self.fails_after:
            raise RuntimeError("out of memory")
        time.sleep(self.seconds)
        return list(batch)

    def finish(self, raw: Features) -> ModelOutputs:
        return {"y": raw[0]}


@pytest.mark.parametrize(("pool", "requests", "batch"), [(1, 7, 1), (3, 20, 1), (2, 20, 4)])
def test_so_many_requests_are_run_by_so_many_threads(pool: int, requests: int, batch: int) -> None:
    """Each run is counted and timed once, on any thread; the warm-up is not counted."""
    model = Sleeper(0.002)
    measured = measure(model, Plan(pool, requests, warmup=6, batch=batch))
    assert measured.requests == requests
    assert measured.runs == len(measured.infer_ns) == requests / batch
    assert len(model.calls) == measured.runs + 6
    assert {size for _, size in model.calls} == {batch}
    assert len({thread for thread, _ in model.calls}) == pool


def test_time_and_rate_are_those_of_the_model() -> None:
    """With two threads and a model of 10 ms, each time is about 10 ms and the rate is twice the inverse."""
    measured = measure(Sleeper(0.01), Plan(2, 40, warmup=0))
    assert min(measured.infer_ns) >= 10e6
    assert 10 <= quantile_ms(measured.infer_ns, 0.5) < 15
    assert 100 < measured.requests / measured.duration_s <= 200


def test_a_time_can_be_given_instead_of_a_number() -> None:
    """The measurement ends with the first run after that time."""
    measured = measure(Sleeper(0.005), Plan(2, None, seconds=0.2, warmup=0))
    assert 0.2 <= measured.duration_s < 0.5
    assert 20 <= measured.runs <= 82


def test_an_error_ends_all_threads_and_is_raised() -> None:
    """No thread continues after the error is raised."""
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="out of memory"):
        measure(Sleeper(0.001, fails_after=10), Plan(4, 100_000))
    assert threading.active_count() == before
    with pytest.raises(RuntimeError, match="out of memory"):
        measure(Sleeper(0.001, fails_after=0), Plan(4, 100_000))


def test_progress_is_told_while_it_runs() -> None:
    """The reported numbers grow, and the last one is the total."""
    seen: list[int] = []
    measured = measure(Sleeper(0.01), Plan(2, 160, warmup=0), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == measured.runs
    assert len(seen) >= 2


@pytest.mark.parametrize("count", [1, MOST_TIMES_KEPT - 1, MOST_TIMES_KEPT, MOST_TIMES_KEPT + 1, 1_000_000])
def test_very_many_times_are_thinned_evenly(count: int) -> None:
    """At most 100,000 times are kept, and their quantiles are those of all times."""
    told = _thinned(range(1, count + 1))
    assert len(told) == min(count, MOST_TIMES_KEPT)
    for part in (0.5, 0.99, 0.999):
        assert quantile_ms(told, part) == pytest.approx(quantile_ms(range(1, count + 1), part), rel=1e-4)


def asleep() -> bool:
    """Whether no thread of the process computes."""
    began_s = time.process_time()
    time.sleep(0.02)
    return time.process_time() - began_s < 0.001


@pytest.mark.parametrize("name", CATALOG)
def test_a_model_computes_in_the_thread_that_calls_it(model: Callable[[str], Model], name: str) -> None:
    """The process uses no CPU time outside the caller's thread, so the pool alone decides how many cores are used."""
    made = model(name)
    given = generate(made.card.takes, 1)
    made.finish(made.infer([made.prepare(given)])[0])
    assert until(asleep), "something that an earlier test has woken does not fall asleep"
    began_process_s, began_thread_s = time.process_time(), time.thread_time()
    while time.thread_time() - began_thread_s < 0.3:
        made.finish(made.infer([made.prepare(given)])[0])
    thread_s = time.thread_time() - began_thread_s
    assert time.process_time() - began_process_s < 1.05 * thread_s


@pytest.mark.parametrize("wrong", ["nope", "vad --pool 0", "vad --seconds nan", "vad --requests 1e3", "vad --batch -1"])
def test_wrong_arguments_are_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and the message names the bounds."""
    with pytest.raises(SystemExit) as exit_:
        main(wrong.split())
    assert exit_.value.code == 2
    assert capsys.readouterr().err


LAZY = """
import sys
import stackduel.cli, stackduel.cli.models, stackduel_servers.models.catalog
import stackduel_servers.models.store, stackduel_servers.models.runtime
import stackduel_servers.models.build, stackduel_servers.models.model
heavy = {"onnxruntime", "onnx", "tokenizers", "PIL", "soundfile"} & set(sys.modules)
assert not heavy, heavy
"""


def test_nothing_heavy_is_imported_before_a_model_is_loaded() -> None:
    """The runner and a server start without ONNX Runtime and its dependencies."""
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "missing"), [("fast-cnn", "onnxruntime"), ("face", "PIL"), ("embed", "tokenizers")])
def test_a_missing_package_is_told_with_its_remedy(name: str, missing: str) -> None:
    """One sentence that names the package and the extra, and status 1."""
    code = (
        f"import sys; sys.modules[{missing!r}] = None; "
        f"from stackduel_servers.models.bench import main; main([{name!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"import of {missing} halted; None in sys.modules: install the extra inference, or servers/" in done.stderr
    assert "Traceback" not in done.stderr
