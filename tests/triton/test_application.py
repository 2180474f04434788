"""FastAPI in front of Triton: the answers of every other stack, over one client or over many."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from stackduel.launch.companion import StackWithCompanion
from stackduel.launch.launcher import Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import Budget
from stackduel.model.target import Address, ProcessTree, parts_of
from stackduel.observe.resources.meters import meter_of
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from stackduel.verify.exchange import Reply, exchange
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.triton import PooledTriton
from stackduel_servers.models import sample_inputs
from stackduel_servers.models.base import DecodedInput
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.model import Model
from tests.contract.served import served
from tests.triton.conftest import Running, segments, stubs
from tests.until import until

pytestmark = pytest.mark.triton

TOLERANCE = 1e-5
OCTETS, PCM, PNG, JSON = "application/octet-stream", "audio/pcm", "image/png", "application/json"


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLauncher]:
    """Starts stacks on the first core, as a run would."""
    core = usable_cores()[:1]
    with LocalLauncher(Budget(core, core, core), tmp_path_factory.mktemp("launched")) as running:
        yield running


@pytest.fixture(scope="module")
def accompanied(built: None, launcher: LocalLauncher) -> Iterator[Started]:
    """FastAPI with the Triton that it calls."""
    with launcher.start(registered_stacks()["fastapi-triton"]) as started:
        yield started


def post(address: Address, name: str, body: bytes, form: str) -> Reply:
    return exchange(address, f"/infer/{name}", method="POST", headers=[("Content-Type", form)], body=body, timeout_s=60)


def given_and_sent(name: str) -> tuple[DecodedInput, bytes, str]:
    """A generated input of a model, and the same as a request's body and content type."""
    match name:
        case "face":
            pixels = sample_inputs.picture(96, 80, 5)
            return pixels, sample_inputs.as_png(pixels), PNG
        case "embed":
            sentence = sample_inputs.text(5)
            return sentence, sample_inputs.as_json(sentence), JSON
        case _:
            samples = sample_inputs.sound(48_000 if name == "fast-cnn" else 30_000, 16_000, 5)
            return samples, sample_inputs.as_float32(samples), OCTETS


@pytest.mark.parametrize("name", CATALOG)
def test_every_model_gives_the_numbers_that_it_gives_in_process(
    accompanied: Started, model: Callable[[str], Model], name: str
) -> None:
    """Whatever other stacks serve by themselves, this one serves by Triton's help, in the same numbers."""
    given, body, form = given_and_sent(name)
    reply = post(accompanied.address, name, body, form)
    assert reply.status == 200, reply.body
    here = model(name)
    (raw,) = here.infer([here.prepare(given)])
    wanted = here.finish(raw)
    found = json.loads(reply.body)
    assert found["model"] == name
    assert list(found["outputs"]) == list(wanted)
    for output, numbers in wanted.items():
        assert np.abs(np.asarray(found["outputs"][output], np.float32).reshape(numbers.shape) - numbers).max(
            initial=0.0
        ) < (TOLERANCE)


def test_the_spans_say_what_was_done_where(accompanied: Started) -> None:
    """Server-Timing has pre, infer (the call to Triton) and post, and infer is the most of it."""
    _given, body, form = given_and_sent("speaker")
    reply = post(accompanied.address, "speaker", body, form)
    parts = dict(part.split(";dur=") for part in (reply.header("Server-Timing") or "").split(", "))
    assert set(parts) == {"app", "pre", "queue", "infer", "post"}
    assert float(parts["infer"]) == max(map(float, parts.values()))
    assert json.loads(exchange(accompanied.address, "/health").body)["inference"] == "triton"


def test_what_both_servers_use_is_the_stack_s(accompanied: Started) -> None:
    """CPU and memory are those of FastAPI and of Triton together, stubs included, all on the stack's core."""
    meter = meter_of(accompanied.subject)
    trees = [part for part in parts_of(accompanied.subject) if isinstance(part, ProcessTree)]
    each = [meter_of(tree) for tree in trees]
    assert len(trees) == 2
    before = meter.read() if meter else None
    _given, body, form = given_and_sent("fast-cnn")
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: post(accompanied.address, "fast-cnn", body, form).status, range(12)))
    assert statuses == [200] * 12
    assert meter is not None
    assert before is not None
    after = meter.read()
    assert after.cpu_s - before.cpu_s > 12 * 0.003
    assert after.memory_mib == pytest.approx(sum(one.read().memory_mib for one in each if one), rel=0.05)
    for tree in trees:
        for pid in (tree.pid, *stubs(tree.pid)):
            assert psutil.Process(pid).cpu_affinity() == list(usable_cores()[:1])


def test_a_companion_that_dies_is_the_stack_s_failure(launcher: LocalLauncher) -> None:
    """The failure names the companion, the application's answer is 502, and nothing of either is left."""
    with launcher.start(registered_stacks()["fastapi-triton-unpooled"]) as started:
        assert isinstance(started, StackWithCompanion)
        assert isinstance(started.companion.subject, ProcessTree)
        _given, body, form = given_and_sent("fast-cnn")
        assert post(started.address, "fast-cnn", body, form).status == 200
        pid = started.companion.subject.pid
        backend = stubs(pid)
        assert backend
        psutil.Process(pid).kill()
        assert until(started.failure)
        assert started.failure() == "its companion: the server was ended by SIGKILL"
        reply = post(started.address, "fast-cnn", body, form)
        assert (reply.status, json.loads(reply.body)) == (502, {"error": "triton unreachable"})
    assert until(lambda: not any(map(psutil.pid_exists, backend)))
    assert segments(pid) == []


def test_without_triton_an_answer_is_502(tmp_path: Path) -> None:
    """An answer that only Triton could give is 502 where there is none; a fault of the request is still told."""
    environ = {"TRITON_URL": "http://127.0.0.1:9", "CPUS": "1"}
    with served("fastapi-triton", tmp_path, environ) as application:
        reply = post(Address("127.0.0.1", application.port), "fast-cnn", given_and_sent("fast-cnn")[1], OCTETS)
        assert (reply.status, json.loads(reply.body)) == (502, {"error": "triton unreachable"})
        reply = post(Address("127.0.0.1", application.port), "fast-cnn", b"1234", OCTETS)
        assert reply.status == 400, reply.body
        assert exchange(Address("127.0.0.1", application.port), "/health").status == 200


def test_a_model_that_triton_cannot_load_is_told(triton: Running) -> None:
    """The server's own sentence comes back as a 502."""

    async def load() -> None:
        client = PooledTriton(triton.http.url, 30.0)
        try:
            await client.load("nope")
        finally:
            await client.close()

    with pytest.raises(HttpError, match="triton cannot load nope: failed to load 'nope'") as raised:
        asyncio.run(load())
    assert raised.value.status == 502
