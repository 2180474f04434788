"""The engine over real workers, and over made-up ones that fail in every way."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackduel.load import engine as engine_module
from stackduel.load.clock import clock
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, LoadError
from stackduel.load.schedule.arrivals import arrivals_s
from stackduel.load.shards import running_job
from stackduel.load.shards.channels import Deliver, ProcessChannel, ShardMessage
from stackduel.model.driver import DriverName
from stackduel.model.suite import ArrivalProcess, ClosedLoop, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import RIGHT, job_for
from tests.stackduel.load.scripted import ScriptedServer, answer, answer_after, answer_all

TWENTY = ClosedLoop(4, requests=20)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine of two worker processes, on as many cores as there are."""
    cores = tuple(sorted(os.sched_getaffinity(0)))[-2:]
    with local_engine(cores, 2) as entered:
        yield entered


def process_of(engine: Engine, index: int) -> subprocess.Popen[bytes]:
    """The process of a shard."""
    channel = engine._channels[index]
    assert isinstance(channel, ProcessChannel)
    assert channel._process is not None
    return channel._process


def test_two_shards_measure_as_one(engine: Engine, driver: DriverName) -> None:
    """A load on two shards sends exactly what it says, and what both found is one measurement."""
    with ScriptedServer(answer_all) as server:
        found = engine.measure(job_for(server.address, ClosedLoop(5, requests=201, warmup_requests=11), driver=driver))
    assert server.requests == 201 + 11
    assert found.outcomes == {"ok": 201}
    assert found.latency.count == 201
    assert found.warmup.requests == 11
    assert (found.generator.shards, found.generator.driver) == (2, driver)
    assert found.generator.pinned
    assert sum(window.requests for window in found.timeline) == 201


@pytest.mark.parametrize(
    "load",
    [ClosedLoop(4, duration_s=60), ClosedLoop(4, requests=1_000_000), OpenLoop(200.0, 60.0, connections=4)],
    ids=["window", "requests", "arrivals"],
)
def test_a_window_in_which_all_is_in_vain_ends_early(engine: Engine, load: ClosedLoop | OpenLoop) -> None:
    """On all shards, with what was counted until then and a sample; the next load is measured as ever."""
    seen: list[tuple[int, int]] = []

    def in_vain(requests: int, succeeded: int, elapsed_s: float) -> bool:
        seen.append((requests, succeeded))
        return requests > 0

    refusal = b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno"
    with ScriptedServer(answer(refusal, pause_s=0.002)) as server:
        found = engine.measure(job_for(server.address, load), in_vain=in_vain)
    assert seen[-1][0] > 0
    assert {succeeded for _, succeeded in seen} == {0}
    assert found.duration_s < 30
    assert found.outcomes == {"status": found.requests}
    assert found.requests >= seen[-1][0]
    assert found.scheduled is None or found.scheduled == found.requests
    assert found.failed_answer is not None
    with ScriptedServer(answer_all) as server:
        assert engine.measure(job_for(server.address, TWENTY)).succeeded == 20


def test_the_window_is_the_same_for_all(engine: Engine) -> None:
    """The shards' windows are open together, and the callbacks come when they open and close."""
    moments_s: list[float] = []
    reports: list[tuple[int, float, float | None]] = []
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        found = engine.measure(
            job_for(server.address, ClosedLoop(8, duration_s=1.5, warmup_s=0.1)),
            at_start=lambda: moments_s.append(clock()),
            at_stop=lambda: moments_s.append(clock()),
            progress=lambda *so_far: reports.append(so_far),
        )
    assert moments_s[1] - moments_s[0] == pytest.approx(1.5, abs=0.1)
    assert found.duration_s == pytest.approx(1.5)
    assert found.in_flight_mean == pytest.approx(8, rel=0.02)
    assert found.cut_off == 8
    assert len(reports) >= 2
    requests, _, recent_ms = reports[-1]
    assert 0 < requests <= found.requests
    assert recent_ms is not None
    assert 10 <= recent_ms < 100
    assert len(found.timeline) == 15


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_an_open_loop_on_two_shards(engine: Engine, driver: DriverName, arrivals: ArrivalProcess) -> None:
    """The requests of an open loop's two shards add up to its schedule, and are counted once."""
    load = OpenLoop(100, 1.0, arrivals, connections=16, warmup_s=0.2)
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        job = job_for(server.address, load, driver=driver, seed=5)
        found = engine.measure(job)
        again = engine.measure(job)
    assert found.generator.shards == 2
    assert found.outcomes == {"ok": found.requests}
    assert found.requests == found.scheduled == sum(arrivals_s(load, shard, 2, seed=5).size for shard in (0, 1))
    assert again.scheduled == found.scheduled
    assert found.service is not None
    assert found.lateness is not None
    assert found.service.count == found.lateness.count == found.latency.count == found.requests
    assert sum(window.requests for window in found.timeline) == found.requests


def test_the_end_of_an_open_loop_is_waited_for(engine: Engine) -> None:
    """The callback for the window's end comes when it closes, and the answers that come later are in the result."""
    moments_s: list[float] = []
    with ScriptedServer(answer_after(lambda _: 1.0)) as server:
        found = engine.measure(
            job_for(server.address, OpenLoop(50, 0.5)),
            at_start=lambda: moments_s.append(clock()),
            at_stop=lambda: moments_s.append(clock()),
        )
    assert moments_s[1] - moments_s[0] == pytest.approx(0.5, abs=0.1)
    assert (found.outcomes, found.completed) == ({"ok": 25}, 0)


def test_more_shards_than_connections(engine: Engine) -> None:
    """A shard for which there is no connection stays out of it."""
    with ScriptedServer(answer_all) as server:
        found = engine.measure(job_for(server.address, ClosedLoop(1, requests=7)))
    assert (found.requests, found.generator.shards, server.connections) == (7, 1, 1)


def test_a_server_that_ends_is_noticed_at_once(engine: Engine) -> None:
    """When the server is not alive any more the load is over within a second, and the engine goes on."""
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        died_s: list[float] = []

        def alive() -> bool:
            return not died_s

        def die() -> None:
            server.die()
            died_s.append(clock())

        timer = threading.Timer(0.5, die)
        job = job_for(server.address, ClosedLoop(4, duration_s=30))
        with pytest.raises(LoadError, match="the server ended"):
            engine.measure(job, at_start=timer.start, alive=alive)
        assert clock() - died_s[0] < 1.5
        timer.join()
    with ScriptedServer(answer_all) as server:
        assert engine.measure(job_for(server.address, TWENTY)).outcomes == {"ok": 20}


def test_a_hung_server_does_not_hang_the_engine(engine: Engine) -> None:
    """A server that never answers ends the load by its timeouts, and one that is given up is left at once."""
    with ScriptedServer(answer()) as server:
        found = engine.measure(job_for(server.address, ClosedLoop(2, requests=2), timeout_s=0.3))
        assert found.outcomes == {"timeout": 2}
        begun_s = clock()
        with pytest.raises(LoadError, match="the server ended"):
            engine.measure(job_for(server.address, TWENTY, timeout_s=30), alive=lambda: clock() < begun_s + 0.5)
        assert clock() - begun_s < 2
        found = engine.measure(job_for(server.address, ClosedLoop(4, duration_s=0.3), timeout_s=1))
        assert (found.requests, found.cut_off, found.outcomes) == (0, 4, {})
        assert found.in_flight_mean == pytest.approx(4, rel=0.01)


def test_a_lost_shard_ends_the_load(engine: Engine) -> None:
    """When a worker is killed the load fails with what it said, and the next load has a new worker."""
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        victim = process_of(engine, 1)
        with pytest.raises(LoadError, match="a worker of the load generator was ended by SIGKILL"):
            engine.measure(job_for(server.address, ClosedLoop(4, duration_s=30)), at_start=victim.kill)
        victim.wait()
        assert engine.measure(job_for(server.address, TWENTY)).outcomes == {"ok": 20}
        assert process_of(engine, 1).pid != victim.pid


def test_a_shard_lost_between_loads_is_replaced(engine: Engine) -> None:
    """A worker that died while nothing was measured costs no load."""
    victim = process_of(engine, 0)
    victim.kill()
    victim.wait()
    with ScriptedServer(answer_all) as server:
        assert engine.measure(job_for(server.address, TWENTY)).outcomes == {"ok": 20}


def test_a_shard_s_error_ends_the_load(engine: Engine) -> None:
    """A worker's inability is told in its own words."""
    with pytest.raises(LoadError, match="the raw driver cannot send this: TLS"):
        engine.measure(job_for(Address("127.0.0.1", 1, tls=True), TWENTY))
    with pytest.raises(LoadError, match="gaierror"):
        engine.measure(job_for(Address("no-such-host.invalid", 1), TWENTY))


def test_an_interrupt_passes_through() -> None:
    """A Ctrl-C in mid-load comes out as it is, and no worker is left."""

    def interrupt(requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        raise KeyboardInterrupt

    with ScriptedServer(answer_all) as server:
        pids = []
        with pytest.raises(KeyboardInterrupt), local_engine((), 2) as engine:
            pids = [process_of(engine, index).pid for index in (0, 1)]
            engine.measure(job_for(server.address, ClosedLoop(2, duration_s=30)), progress=interrupt)
    assert len(pids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_real_ctrl_c_reaches_the_runner_only() -> None:
    """SIGINT interrupts the wait of the runner at once; the workers, in groups of their own, are ended by it."""
    with ScriptedServer(answer_all) as server, local_engine((), 1) as engine:
        assert os.getpgid(process_of(engine, 0).pid) != os.getpgid(0)
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        begun_s = clock()
        with pytest.raises(KeyboardInterrupt):
            engine.measure(job_for(server.address, ClosedLoop(2, duration_s=30)), at_start=timer.start)
        assert clock() - begun_s < 3
        timer.join()
        assert engine.measure(job_for(server.address, TWENTY)).outcomes == {"ok": 20}


def test_a_worker_that_hangs_is_ended_by_force() -> None:
    """A stopped process neither reads nor ends by itself: closing takes a bounded time all the same."""
    engine = local_engine((), 1)
    with engine:
        process = process_of(engine, 0)
        process.send_signal(signal.SIGSTOP)
        begun_s = clock()
    assert clock() - begun_s < 5
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_tls_is_spoken_and_always_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS a load is measured if its server's certificate is trusted, and refused if it is not."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with ScriptedServer(answer_all, tls=context) as server:
        job = job_for(server.address, TWENTY, driver="aiohttp")
        victim = Call(Workload("/victim"), RIGHT)
        open_loop_client = job_for(server.address, OpenLoop(100, 0.2), driver="aiohttp", victim=victim)
        with local_engine((), 1) as engine:
            assert engine.measure(job).outcomes == {"refused": 20}
            assert engine.measure(open_loop_client).outcomes == {"refused": 20}
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with local_engine((), 1) as engine:
            assert engine.measure(job).outcomes == {"ok": 20}
            found = engine.measure(open_loop_client)
    assert found.outcomes == {"ok": 20}
    assert found.victim is not None
    assert (found.victim.requests, found.victim.failed) == (2, 0)


class MadeUp:
    """A channel to nobody: it answers each message with the events that a test gives it."""

    same_clock = False
    subject = None

    def __init__(self, reply: Callable[[ShardMessage], list[ShardMessage | None]], *, ready: bool = True) -> None:
        self.sent: list[ShardMessage] = []
        self.closed = 0
        self._reply = reply
        self._ready = ready
        self._deliver: Deliver | None = None

    def open(self, deliver: Deliver) -> None:
        self._deliver = deliver
        if self._ready:
            deliver({"event": "ready", "id": None})

    def send(self, message: ShardMessage) -> None:
        self.sent.append(message)
        assert self._deliver is not None
        for event in self._reply(message):
            self._deliver(event)

    def alive(self) -> bool:
        return self._deliver is not None

    def ending(self) -> str:
        return "was ended by SIGKILL"

    def stderr_tail(self) -> str:
        return "its last words"

    def close(self) -> None:
        self.closed += 1
        self._deliver = None


def silent(message: ShardMessage) -> list[ShardMessage | None]:
    """Never a word."""
    return []


def test_every_wait_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that says nothing is given up when its load cannot take any longer, and is closed."""
    monkeypatch.setattr(running_job, "SLACK_S", 0.2)
    monkeypatch.setattr(running_job, "ABORT_WITHIN_S", 0.1)
    channel = MadeUp(silent)
    with Engine([channel]) as engine:
        begun_s = time.monotonic()
        with pytest.raises(LoadError, match="no 'warm' came"):
            engine.measure(job_for(Address("127.0.0.1", 1), ClosedLoop(1, duration_s=1), timeout_s=0.1))
        assert time.monotonic() - begun_s < 5
        assert channel.sent[-1]["abort"] is True
        assert channel.closed == 1


def test_a_shard_that_never_gets_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine is not entered with a shard that does not answer, and its channels are closed."""
    monkeypatch.setattr(engine_module, "READY_WITHIN_S", 0.1)
    channel = MadeUp(silent, ready=False)
    with pytest.raises(LoadError, match="not ready within"), Engine([channel]):
        pass
    assert channel.closed == 1


def test_a_shard_that_cannot_start() -> None:
    """The last words of a shard that died at its start are in the error."""

    class StillBorn(MadeUp):
        def open(self, deliver: Deliver) -> None:
            deliver(None)

    with pytest.raises(LoadError, match="could not be started; its last words:\nits last words"):
        Engine([StillBorn(silent)]).__enter__()


def test_without_a_common_clock_all_begin_at_once() -> None:
    """To shards elsewhere no moment is named: the window opens when the message comes."""
    channel = MadeUp(lambda message: [{"event": "warm", "id": message["id"]}] if "job" in message else [None])
    with pytest.raises(LoadError, match="its last words"), Engine([channel]) as engine:
        engine.measure(job_for(Address("127.0.0.1", 1), TWENTY))
    assert channel.sent[1] == {"id": 1, "start": None}


def test_what_a_former_job_or_life_says_is_not_heard() -> None:
    """Events of an aborted job that come late, and of a worker that was replaced, belong to nobody."""

    def reply(message: ShardMessage) -> list[ShardMessage | None]:
        if "job" in message:
            return [{"event": "error", "id": message["id"] - 1, "text": "late"}, {"event": "warm", "id": message["id"]}]
        return [{"event": "error", "id": message["id"], "text": "in time"}]

    with Engine([MadeUp(reply)]) as engine:
        for _ in range(2):
            with pytest.raises(LoadError, match="in time"):
                engine.measure(job_for(Address("127.0.0.1", 1), TWENTY))
