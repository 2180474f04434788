"""What the generator reaches on a server that does nothing: measured once a shape, and None where it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from stackduel.load.engine import Engine, local_engine
from stackduel.load.job import Call, Job, LoadError, Progress
from stackduel.load.shards.channels import Channel, Deliver, ProcessChannel, ShardMessage
from stackduel.load.shards.null_rate import LOOPBACK, LoadShape, NullRates, local_null_rates, null_server
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation, Measurement
from stackduel.model.suite import ClosedLoop, OpenLoop, Workload
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
    ) -> Measurement:
        self.jobs.append(job)
        if self._fails:
            raise LoadError("it did not work")
        found = super().measure(job, at_start=at_start, at_stop=at_stop, progress=progress, alive=alive)
        self.found.append(found)
        return found


class Servers:
    """Makes the channels of null servers, and keeps them."""

    def __init__(self) -> None:
        self.made: list[ProcessChannel] = []

    def __call__(self, body_bytes: int) -> Channel:
        self.made.append(ProcessChannel(None, null_server(LOOPBACK, body_bytes)))
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


def test_the_rate_is_what_the_null_server_answered(engine: Recorded, driver: DriverName) -> None:
    """Answers a second of a short window, all of them right, wherever the job itself would have gone."""
    with local_null_rates(engine, None) as rates:
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
    """What cannot be measured stops no run."""
    engine = Recorded([], fails=True)
    with NullRates(engine, Servers(), LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
        assert rates.rate_rps(JOB) is None
    assert len(engine.jobs) == 1


def test_a_server_that_does_not_start_gives_none() -> None:
    """A port that cannot be had, and a process that cannot be made, are no errors of the run."""
    engine = Recorded([])
    nowhere = ProcessChannel(None, null_server("192.0.2.1", 0))
    with NullRates(engine, lambda _: nowhere, LOOPBACK) as rates:
        assert rates.rate_rps(JOB) is None
    assert not nowhere.alive()
    with NullRates(engine, lambda _: Unmade(), LOOPBACK) as rates:
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
    with NullRates(engine, lambda _: ProcessChannel(None, null_server(LOOPBACK, 1)), LOOPBACK) as rates:
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
    with local_engine((), 2) as engine, local_null_rates(engine, None) as rates:
        assert (rates.rate_rps(JOB) or 0) > 100
