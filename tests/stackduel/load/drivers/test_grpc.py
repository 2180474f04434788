"""The gRPC driver against a server whose delays, numbers and refusals are known."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import grpc
import msgspec
import numpy as np
import pytest

from stackduel.inference.generated_inputs import sound
from stackduel.inference.translation import translate
from stackduel.load.drivers.clients import kind_of_user
from stackduel.load.engine import local_engine
from stackduel.load.job import Call as RecordedDetails
from stackduel.load.job import Job, LoadError, choose_driver
from stackduel.model.measurement import Measurement
from stackduel.model.model_input import ModelInput
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, ask
from stackduel.verify.verification import Answers
from tests.stackduel.answered import grpc_answer
from tests.stackduel.load.inferring import Call, InferenceServer, Script
from tests.stackduel.load.measuring import measure

CLIP = ModelInput("wav", 25_600, 16_000)
MODEL = Workload("/infer/speaker", "POST", model="speaker", given=CLIP, check="numbers", tolerance=1e-5)
HEALTH = Workload("/health", check="status")
EMBEDDING = np.linspace(-1, 1, 256, dtype=np.float32)
RIGHT = grpc_answer({"embedding": EMBEDDING})
LOADS: tuple[Load, ...] = (ClosedLoop(4, requests=40, warmup_requests=8), OpenLoop(80, 0.5, connections=8))


def answering(delay_s: float = 0.0) -> Script:
    """The right answer to every call, after a while."""

    async def script(_call: Call) -> bytes:
        await asyncio.sleep(delay_s)
        return RIGHT

    return script


def job_for(address: Address, load: Load, *, timeout_s: float = 5.0, victim: bool = False) -> Job:
    """A job as the bench makes it: verified by a server that is right."""
    answers = Answers(timeout_s=60)
    with InferenceServer(answering()) as right:
        answers.verify("triton", right.address, [MODEL, HEALTH], "kserve-grpc")
    details, health = (
        RecordedDetails(answers.sent("triton", each), answers.expectation("triton", each)) for each in (MODEL, HEALTH)
    )
    assert choose_driver(address, [details.workload])[0] == "grpc"
    return Job(address, (details,), load, timeout_s, "grpc", victim=health if victim else None)


def measured(script: Script, load: Load, *, timeout_s: float = 5.0) -> Measurement:
    with InferenceServer(script) as server:
        return measure(job_for(server.address, load, timeout_s=timeout_s))


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_calls_are_measured_as_long_as_they_take(load: Load) -> None:
    """Every call is right, carries the samples whole, and takes as long as the server does."""
    requests = []

    async def script(call: Call) -> bytes:
        requests.append(call.request)
        await asyncio.sleep(0.03)
        return RIGHT

    found = measured(script, load)
    assert found.outcomes == {"ok": 40}
    assert 0.028e9 < found.latency.min_ns < 0.06e9
    assert found.generator.driver == "grpc"
    assert {each.model_name for each in requests} == {"speaker"}
    assert all(each.raw_input_contents[0] == sound(CLIP).tobytes() for each in requests)


def test_each_connection_is_a_channel_of_its_own() -> None:
    """Four connections come from four ports, are kept, and four calls are answered at once."""
    with InferenceServer(answering(0.05)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=40)))
        assert len(server.peers) == 4
    assert found.reconnects == 0
    assert 0.4 < found.duration_s < 0.9


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_a_wrong_number_is_a_failure_and_a_tiny_difference_is_not(load: Load) -> None:
    """Every second answer is off by less than the tolerance, every fourth by more: those alone are wrong."""

    async def script(call: Call) -> bytes:
        values = EMBEDDING.copy()
        values[7] += {0: 1e-4, 2: 4e-6}.get(call.number % 4, 0.0)
        return grpc_answer({"embedding": values})

    found = measured(script, msgspec.structs.replace(load, warmup_requests=0) if isinstance(load, ClosedLoop) else load)
    assert found.outcomes == {"ok": 30, "wrong-body": 10}


def test_garbage_is_a_wrong_answer() -> None:
    """Bytes that are no message of the protocol hold no numbers."""

    async def script(_call: Call) -> bytes:
        return b"\xff\xff\xff"

    assert measured(script, LOADS[0]).outcomes == {"wrong-body": 40}


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]
)
def test_a_status_of_the_server_s_is_an_answer(code: grpc.StatusCode, load: Load) -> None:
    """A full queue says UNAVAILABLE, too: as the connection stays, that is the server's word, and not a lost one."""

    async def script(call: Call) -> bytes:
        await call.refuse(code, "Exceeds maximum queue size")
        return b""

    assert measured(script, load).outcomes == {"status": 40}


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_what_takes_too_long_has_timed_out(load: Load) -> None:
    """The client's timeout ends a call, and the next one is sent."""

    async def script(call: Call) -> bytes:
        await asyncio.sleep(5 if call.number % 10 == 9 else 0)
        return RIGHT

    found = measured(
        script,
        msgspec.structs.replace(load, warmup_requests=0) if isinstance(load, ClosedLoop) else load,
        timeout_s=0.3,
    )
    assert found.outcomes == {"ok": 36, "timeout": 4}


@pytest.mark.parametrize("load", [ClosedLoop(2, requests=6), OpenLoop(20, 0.3)], ids=["closed", "open"])
def test_nobody_there_is_a_refusal(load: Load) -> None:
    """Where nothing listens, every call is refused."""
    with InferenceServer(answering()) as server:
        gone = server.address
    found = measure(job_for(gone, load))
    assert found.outcomes == {"refused": 6}


def test_a_server_that_dies_drops_what_is_in_flight() -> None:
    """Calls that were under way when the connection went are resets, all later ones refusals."""
    with InferenceServer(answering(0.2)) as server:
        job = job_for(server.address, ClosedLoop(2, duration_s=1.2))

        async def die(opened: asyncio.Event) -> None:
            await opened.wait()
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.die)

        async def run() -> Measurement:
            from stackduel.load.recording.merging import merge
            from stackduel.load.schedule.shares import split
            from stackduel.load.shards.shard import run_shard
            from tests.stackduel.load.measuring import FakeCoordinator

            (share,) = split(job.load, 1)
            opened = asyncio.Event()
            part, _ = await asyncio.gather(run_shard(job, share, FakeCoordinator(opened.set)), die(opened))
            return merge([part])

        found = asyncio.run(run())
    assert set(found.outcomes) == {"ok", "dropped", "refused"}
    assert found.outcomes["dropped"] <= 2


def test_the_victim_is_asked_over_grpc() -> None:
    """Beside the load, the server is asked whether it is ready, by the same protocol."""
    with InferenceServer(answering(0.01)) as server:
        found = measure(job_for(server.address, ClosedLoop(2, duration_s=1.0), victim=True))
    assert found.victim is not None
    assert found.victim.requests >= 8
    assert found.victim.failed == 0


def test_a_worker_speaks_grpc_too() -> None:
    """The driver works in a generator's process as in this one, on two shards."""
    with InferenceServer(answering(0.01)) as server, local_engine((), 2) as engine:
        found = engine.measure(job_for(server.address, ClosedLoop(4, requests=80)))
    assert found.outcomes == {"ok": 80}
    assert (found.generator.shards, found.generator.loop) == (2, "uvloop")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without grpcio the load is refused with what has to be installed."""
    monkeypatch.setitem(sys.modules, "stackduel.load.drivers.grpc_user", None)
    monkeypatch.delitem(sys.modules, "grpc", raising=False)
    with pytest.raises(ValueError, match=r"the grpc driver needs the package .*stackduel\[inference\]"):
        kind_of_user("grpc")


def test_one_exchange_by_grpc() -> None:
    """A plain call brings the answer's bytes, or says what the server said."""
    details = translate(MODEL, "kserve-grpc").workload

    async def script(call: Call) -> bytes:
        if call.number:
            await call.refuse(grpc.StatusCode.NOT_FOUND, "no such model")
        return RIGHT

    with InferenceServer(script) as server:
        reply = ask(server.address, details)
        assert (reply.status, reply.body) == (200, RIGHT)
        with pytest.raises(ExchangeError, match="NOT_FOUND: no such model"):
            ask(server.address, details)
    with pytest.raises(ExchangeError, match="UNAVAILABLE"):
        ask(server.address, details, timeout_s=2)


def test_a_load_that_cannot_be_sent_by_grpc_is_a_load_error() -> None:
    """The raw driver refuses a call over gRPC, and the engine says so."""
    with InferenceServer(answering()) as server, local_engine((), 1) as engine:
        job = replace(job_for(server.address, ClosedLoop(1, requests=1)), driver="raw")
        with pytest.raises(LoadError, match="the raw driver cannot send this: gRPC"):
            engine.measure(job)
