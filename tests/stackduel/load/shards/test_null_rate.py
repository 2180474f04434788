"""The generator's rate on a server that does nothing: measured once a shape, and None where it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from stackduel.load.all_failed import never_in_vain
from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job, LoadError, LostPartError, Progress
from stackduel.load.shards.channels import Channel, Deliver, ProcessChannel, ShardMessage
from stackduel.load.shards.null_rate import (
    EVENTS_RPS,
    LOOPBACK,
    LoadShape,
    NullKind,
    NullRates,
    local_null_rates,
    null_server,
)
from stackduel.load.shards.running_job import InVain
from stackduel.model.driver import DriverName
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Expectation, Measurement
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import job_for

ELSEWHERE = Address("192.0.2.1", 9)
JOB = job_for(ELSEWHERE, ClosedLoop(4, duration_s=60, warmup_s=5, warmup_requests=50, stable_within_s=30))


class Recorded(Engine):
    """Remembers what it measured; a load that is to fail fails."""

    def __init__(self, channels: list[Channel], *, fails: bool = False) -> None:
        super().__init__(channels)
        self.jobs: list[Job] = []
        self.found: list[Measurement] = []
        self._fails = fails

    def measure(
        self,
        job: Job,
        *,
        at_start: Callable[[], None] = lambda: None,
        at_stop: Callable[[], None] = lambda: None,
        progress: Progress = lambda _requests, _elapsed_s, _recent_ms: None,
        alive: Callable[[], bool] = lambda: True,
        in_vain: InVain = never_in_vain,
    ) -> Measurement:
        self.jobs.append(job)
        if self._fails:
            raise LoadError("it did not work")
        found = super().measure(
            job, at_start=at_start, at_stop=at_stop, progress=progress, alive=alive, in_vain=in_vain
        )
        self.found.append(found)
        return found


class Servers:
    """Makes the channels of null servers, and keeps them."""

    def __init__(self) -> None:
        self.made: list[ProcessChannel] = []

    def __call__(self, kind: NullKind) -> Channel:
        self.made.append(ProcessChannel(None, null_server(LOOPBACK, kind)))
        return self.made[-1]


@pytest.fixture(scope="module")
def shard() -> Iterator[Recorded]:
    """An engine of one process."""
    with Recorded([ProcessChannel()]) as engine:
        yield engine


@pytest.fixture
def engine(shard: Recorded) -> Recorded:
    """The engine, with nothing remembered."""
    shard.jobs.clear()
    shard.found.clear()
    return shard


def test_a_rate_that_seems_too_low_is_measured_again_and_the_highest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise only lowers it: below what is wanted it is measured anew, a few times at most, and never forgotten."""
    found = iter([1000.0, 900.0, 4000.0, 3000.0, 9999.0])
    monkeypatch.setattr(NullRates, "_measure", lambda *_: next(found))
    rates = NullRates(Engine([]), Servers(), LOOPBACK)
    assert rates.rate_rps(JOB) == 1000.0
    assert rates.rate_rps(JOB, 800.0) == 1000.0
    assert rates.rate_rps(JOB, 2000.0) == 1000.0
    assert rates.rate_rps(JOB, 2000.0) == 4000.0
    assert rates.rate_rps(JOB, 2000.0) == 4000.0
    assert [rates.rate_rps(JOB, 8000.0) for _ in range(3)] == [4000.0] * 3
    assert next(found) == 9999.0


def test_a_rate_that_cannot_be_measured_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """None stays None, whatever is wanted."""
    found = iter([None, 5000.0])
    monkeypatch.setattr(NullRates, "_measure", lambda *_: next(found))
    rates = NullRates(Engine([]), Servers(), LOOPBACK)
    assert rates.rate_rps(JOB) is None
    assert rates.rate_rps(JOB, 100.0) is None


def test_the_rate_is_what_the_null_server_answered(engine: Recorded, driver: DriverName) -> None:
    """Answers a second of a short window, all of them right, wherever the job itself would have gone."""
    with local_null_rates(engine, ()) as rates:
        rate_rps = rates.rate_rps(replace(JOB, driver=driver, victim=JOB.calls[0]))
    (job,), (found,) = engine.jobs, engine.found
    assert job.load == ClosedLoop(4, duration_s=0.4, warmup_s=0.1)
    assert (job.driver, job.victim, job.address.host) == (driver, None, LOOPBACK)
    assert [call.workload for call in job.calls] == [call.workload for call in JOB.calls]
    assert found.failed == 0
    assert rate_rps == pytest.approx(found.requests / 0.4, rel=0.05)
    assert rate_rps is not None
    assert rate_rps > 100


def test_each_shape_is_measured_once(engine: Recorded) -> None:
    """Jobs of one shape share a measurement, whatever stack they are for; each part of the shape makes it another."""
    servers = Servers()
    longer = replace(JOB, calls=(Call(JOB.calls[0].workload, Expectation(200, 70_000)),))
    others = [
        replace(JOB, load=ClosedLoop(5, duration_s=60)),
        replace(JOB, driver="aiohttp"),
        replace(JOB, calls=(Call(Workload("/a-longer-target"), JOB.calls[0].expectation),)),
        longer,
    ]
    with NullRates(engine, servers, LOOPBACK) as rates:
        assert not servers.made
        first = rates.rate_rps(JOB)
        assert first == rates.rate_rps(replace(JOB, address=Address("198.51.100.77", 65000), seed=9, timeout_s=1))
        assert len(engine.jobs) == 1
        for count, other in enumerate(others, 2):
            assert rates.rate_rps(other) is not None
            assert len(engine.jobs) == count
        assert first == rates.rate_rps(JOB)
        assert len(engine.jobs) == 5
        # Only another length of the answers needs another server.
        assert [channel.alive() for channel in servers.made] == [False, True]
    assert not servers.made[-1].alive()


def test_a_server_that_died_is_replaced(engine: Recorded) -> None:
    """A null server that somebody killed between two loads costs none of them."""
    servers = Servers()
    with NullRates(engine, servers, LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is not None
        servers.made[0].close()
        assert rates.rate_rps(replace(JOB, load=ClosedLoop(2, duration_s=1))) is not None
    assert len(servers.made) == 2


def test_a_server_that_dies_under_a_load_is_named(engine: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A null server that is killed is told by its name and its signal; the next call has another."""
    servers, measure = Servers(), engine.measure

    def kill() -> None:
        process = servers.made[-1]._process
        assert process is not None
        process.kill()

    monkeypatch.setattr(engine, "measure", lambda job, alive: measure(job, at_start=kill, alive=alive))
    with NullRates(engine, servers, LOOPBACK) as rates:
        with pytest.raises(LostPartError) as raised:
            rates.rate_rps(JOB)
        assert raised.value.part == LostPart("the null server", "was ended by SIGKILL")
        monkeypatch.undo()
        assert rates.rate_rps(JOB)


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, load=OpenLoop(100, 1.0)),
        replace(JOB, load=ClosedLoop(1, requests=3)),
        replace(JOB, address=Address("localhost", 443, tls=True), driver="aiohttp"),
        replace(JOB, calls=(Call(Workload("/\r\nX: smuggled"), Expectation(200)),)),
    ],
    ids=["open loop", "fixed number", "tls", "cannot be sent"],
)
def test_where_it_has_no_sense_there_is_none(job: Job) -> None:
    """Nothing is started or sent for a load whose limit is not the generator's rate."""
    servers, engine = Servers(), Recorded([])
    with NullRates(engine, servers, LOOPBACK) as rates:
        assert rates.rate_rps(job) is None
    assert not servers.made
    assert not engine.jobs


def test_a_load_that_fails_gives_none_and_is_not_tried_again() -> None:
    """A rate that cannot be measured stops no run."""
    engine = Recorded([], fails=True)
    with NullRates(engine, Servers(), LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
        assert rates.rate_rps(JOB) is None
    assert len(engine.jobs) == 1


def test_a_server_that_does_not_start_gives_none() -> None:
    """A port that cannot be had, and a process that cannot be made, are no errors of the run."""
    engine = Recorded([])
    nowhere = ProcessChannel(None, null_server("192.0.2.1", NullKind(0)))
    with NullRates(engine, lambda *_: nowhere, LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
    assert not nowhere.alive()
    with NullRates(engine, lambda *_: Unmade(), LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
    assert not engine.jobs


class Unmade(ProcessChannel):
    """A process for which the system has no room."""

    def open(self, deliver: Deliver) -> None:
        raise OSError("no more processes")

    def send(self, message: ShardMessage) -> None:
        raise AssertionError("nobody is there")


def test_wrong_answers_give_none(engine: Recorded) -> None:
    """A server that answers otherwise than was asked for is not the null server: no rate is made of that."""
    with NullRates(engine, lambda *_: ProcessChannel(None, null_server(LOOPBACK, NullKind(1))), LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
    assert engine.found[0].outcomes.keys() == {"wrong-length"}


def test_the_shape_of_several_calls() -> None:
    """Requests add up, answers count by weight, and an answer that is not compared by length counts as none."""
    single = LoadShape.of(JOB)
    calls = (
        Call(Workload("/", weight=3), Expectation(200, 100)),
        Call(Workload("/", method="POST", body=b"x" * 1000), Expectation(200, 1000)),
        Call(Workload("/"), Expectation(200)),
    )
    found = LoadShape.of(replace(JOB, calls=calls))
    assert (found.connections, found.driver, found.body_bytes) == (4, "raw", 260)
    extra = len("POST") - len("GET") + len("Content-Length: 1000\r\n") + 1000
    assert found.request_bytes == 3 * single.request_bytes + extra


def test_two_shards_share_the_load() -> None:
    """The rate is that of the generator as a whole."""
    with local_engine((), 2) as engine, local_null_rates(engine, ()) as rates:
        assert (rates.rate_rps(JOB) or 0) > 100


STREAM = Workload("/stream?events=50", stream="sse")
VERIFIED = b"data: %s\n\n" % (b"0" * 92)


@pytest.mark.parametrize(
    "load", [ClosedLoop(8, duration_s=60), OpenLoop(20, 1.0, connections=8)], ids=["closed", "open"]
)
def test_of_streams_it_is_the_rate_of_reads(engine: Recorded, load: Load) -> None:
    """Streams that never end, of events as large as the verified ones, at a rate that nothing has to reach."""
    servers = Servers()
    job = replace(JOB, load=load, calls=(Call(STREAM, Expectation(200, body=VERIFIED * 50)),))
    with NullRates(engine, servers, LOOPBACK) as rates:
        rate_rps = rates.rate_rps(job)
    (found,) = engine.found
    assert found.streams is not None
    assert (found.failed, found.streams.completed) == (0, 0)
    assert rate_rps == pytest.approx(sum(found.streams.reads.values()) / 0.4, rel=0.05)
    assert 0 < found.streams.events <= 1.5 * EVENTS_RPS


def test_a_rate_of_events_is_measured_at_the_pace_that_is_wanted(engine: Recorded) -> None:
    """More than is usual takes a server of its own."""
    servers = Servers()
    job = replace(JOB, calls=(Call(STREAM, Expectation(200, body=VERIFIED)),))
    with NullRates(engine, servers, LOOPBACK) as rates:
        rates.rate_rps(job)
        rates.rate_rps(job, 100_000.0)
    assert [channel._program[-1] for channel in servers.made] == ["25000", "110000"]


def test_rates_by_the_number_of_shards_choose_how_many_stay() -> None:
    """Each number of shards is measured in the same shape, and what is kept alone sends from then on."""
    with local_engine((), 2) as engine, local_null_rates(engine, ()) as rates:
        found = rates.rates_by_shards(JOB, (1, 2))
        assert sorted(found) == [1, 2]
        assert min(found.values()) > 0
        assert engine.shards == 2
        engine.keep(1)
        assert engine.shards == 1
        assert rates.rate_rps(JOB)


def test_a_load_that_has_no_null_rate_has_none_by_shards() -> None:
    """The rate of an open loop is not the generator's."""
    engine = Recorded([])
    with NullRates(engine, Servers(), LOOPBACK) as rates:
        assert rates.rates_by_shards(replace(JOB, load=OpenLoop(10, 1.0)), (1, 2)) == {}
    assert engine.jobs == []
