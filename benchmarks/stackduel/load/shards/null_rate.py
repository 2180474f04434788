"""The null rate: the rate at which the generator drives a server that does nothing, in the shape of a load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Self

from stackduel.load.drivers.request_head import request_bytes
from stackduel.load.engine import Engine
from stackduel.load.job import Call, Job, LoadError, LostPartError
from stackduel.load.shards.channels import Channel, ProcessChannel, Program, ShardMessage
from stackduel.model.driver import DriverName
from stackduel.model.lost_part import LostPart
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address

LOOPBACK = "127.0.0.1"
WARMUP_S = 0.1
DURATION_S = 0.4
READY_WITHIN_S = 10.0
ANSWER_WITHIN_S = 2.0
# A rate that seems too low to measure by is measured again, so often in all.
MOST_TIMES = 4
# To choose the number of shards, each rate is measured so often.
TWICE = 2

# Any address can serve to measure the size of requests, if it is always the same.
_ANYWHERE = Address("localhost", 80)

# Above the events of any suite that comes with stackduel; a load of more has its own.
EVENTS_RPS = 25_000.0
# So much more than is wanted, so that a null server that is a little late does not close the gate.
EVENTS_SPARE = 1.1


@dataclass(frozen=True, slots=True)
class NullKind:
    """The work of a null server: so many bytes an answer or an event, and so many events a second, 0 for answers."""

    body_bytes: int
    events_rps: float = 0.0
    websocket: bool = False


ChannelFor = Callable[[NullKind], Channel]


def null_server(host: str, kind: NullKind, cores: Sequence[int] = ()) -> Program:
    """Return the program of a null server on these cores that listens on any free port of that host."""
    program = ("stackduel.load.shards.null_server", "--host", host, "--port", "0", "--body-bytes", str(kind.body_bytes))
    events = ("--events", f"{kind.events_rps:.0f}") if kind.events_rps else ()
    websocket = ("--websocket",) if kind.websocket else ()
    return (*program, *(word for core in cores for word in ("--core", str(core))), *events, *websocket)


def local_null_rates(engine: Engine, cores: Sequence[int]) -> NullRates:
    """Return null rates of an engine on this machine, from a null server with a process on each of these cores."""

    def channel_for(kind: NullKind) -> Channel:
        return ProcessChannel(None, null_server(LOOPBACK, kind, cores))

    return NullRates(engine, channel_for, LOOPBACK)


class NullRates:
    """Measures each shape of a load on a null server, and remembers the highest rate.

    Whatever disturbs such a measurement only makes it lower: so it is repeated before a trial is void for it.
    The server is started by the first load that needs it, and restarted for answers of another length.
    ``channel_for`` makes the channel to a server of that kind, which the generator reaches on ``host``.
    Of streams it is the rate of the reads that brought events, at the pace that is wanted: merged events count once.
    """

    def __init__(self, engine: Engine, channel_for: ChannelFor, host: str) -> None:
        self._engine = engine
        self._channel_for = channel_for
        self._host = host
        self._server: _Server | None = None
        self._rates: dict[LoadShape, list[float | None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end()

    def rate_rps(self, job: Job, wanted_rps: float = 0.0) -> float | None:
        """Return a null server's answers per second to the same closed loop; None if it has no meaning or failed.

        Below ``wanted_rps`` it is measured again, ``MOST_TIMES`` for a shape at most, and the highest one counts.
        It has no meaning for open loops and fixed numbers of requests, whose rate is not the generator's, and over
        TLS and gRPC, which the null server does not speak. Raises LostPartError if the null server or a worker ends
        meanwhile; the next call starts another.
        """
        if not _has_meaning(job):
            return None
        try:
            shape = LoadShape.of(job)
        except ValueError:  # a request that no driver can send
            return None
        rates = self._rates.setdefault(shape, [])
        if not rates or (rates[0] is not None and _highest(rates) < wanted_rps and len(rates) < MOST_TIMES):
            rates.append(self._measure(job, shape, wanted_rps))
        return _highest(rates) or None

    def rates_by_shards(self, job: Job, counts: Sequence[int]) -> dict[int, float]:
        """Return the null rate of a closed loop by the number of shards that send it, each the highest of ``TWICE``.

        Empty where it has no meaning or failed, as in ``rate_rps``, and for streams; raises LostPartError as that does.
        """
        timed = isinstance(job.load, ClosedLoop) and job.load.duration_s is not None
        if not timed or job.streams or not _speaks_http(job):
            return {}
        shape = LoadShape.of(job)
        rates = {count: _highest([self._measure(job, shape, 0.0, count) for _ in range(TWICE)]) for count in counts}
        return rates if all(rates.values()) else {}

    def _measure(self, job: Job, shape: LoadShape, wanted_rps: float, shards: int | None = None) -> float | None:
        events_rps = max(EVENTS_RPS, EVENTS_SPARE * wanted_rps) if job.streams else 0.0
        try:
            server = self._server_of(NullKind(shape.body_bytes, events_rps, shape.driver == "websocket"))
        except (LoadError, OSError):
            return None
        try:
            asked = null_job(job, server.address, shape)
            with self._engine.limited_to(shards):
                measurement = self._engine.measure(asked, alive=server.channel.alive)
        except LostPartError:
            raise
        except LoadError as error:
            if server.channel.alive():
                return None
            raise _lost(server) from error
        if not server.channel.alive():
            raise _lost(server)
        answers = sum(measurement.streams.reads.values()) if measurement.streams else measurement.succeeded
        return answers / measurement.duration_s if answers else None

    def _server_of(self, kind: NullKind) -> _Server:
        server = self._server
        if server is not None and server.kind == kind and server.channel.alive():
            return server
        self._end()
        channel = self._channel_for(kind)
        try:
            self._server = _Server(channel, Address(self._host, _port_of(channel)), kind)
        except BaseException:
            channel.close()
            raise
        return self._server

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.channel.close()


def _highest(rates: Sequence[float | None]) -> float:
    return max((rate for rate in rates if rate is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class LoadShape:
    """The properties of a closed loop that limit the generator's rate; sizes in bytes.

    Of several calls, ``request_bytes`` is the sum and ``body_bytes`` the mean by their weights. If answers are
    compared by their status alone, their size is unknown and taken as 0. Of streams it is the size of an event.
    """

    connections: int
    driver: DriverName
    request_bytes: int
    body_bytes: int
    streams: bool = False

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the shape of a job; raises ValueError if a request cannot be sent."""
        weights = sum(call.workload.weight for call in job.calls)
        length = sum(call.workload.weight * _answer_bytes(call) for call in job.calls)
        return cls(
            connections=job.load.connections,
            driver=job.driver,
            request_bytes=sum(_request_bytes(call.workload) for call in job.calls),
            body_bytes=round(length / weights),
            streams=job.streams,
        )


def _speaks_http(job: Job) -> bool:
    return job.driver != "grpc" and not job.address.tls


def _has_meaning(job: Job) -> bool:
    """Return whether the generator's own rate limits a load: one of streams always, others in a window of theirs."""
    closed = isinstance(job.load, ClosedLoop) and job.load.duration_s is not None
    return (closed or job.streams) and _speaks_http(job)


def _request_bytes(workload: Workload) -> int:
    return len(workload.body if workload.is_websocket else request_bytes(_ANYWHERE, workload))


def _answer_bytes(call: Call) -> int:
    expectation = call.expectation
    # For numbers, about the size of the verified answer.
    length = expectation.length or len(expectation.body or b"")
    return length // max(1, (expectation.body or b"").count(b"\n\n")) if call.workload.stream else length


def null_job(job: Job, address: Address, shape: LoadShape) -> Job:
    """Return the job for the null server: the same requests, for a moment."""
    calls = tuple(Call(call.workload, _right(call.workload, shape)) for call in job.calls)
    load = ClosedLoop(job.load.connections, duration_s=DURATION_S, warmup_s=WARMUP_S)
    return replace(
        job,
        address=address,
        calls=calls,
        load=load,
        timeout_s=ANSWER_WITHIN_S,
        victim=None,
    )


def _right(workload: Workload, shape: LoadShape) -> Expectation:
    """Return the null server's answer: on a WebSocket what it was sent, whatever a stack answers."""
    if workload.is_websocket:
        return Expectation(workload.status, body=None if shape.streams else workload.body)
    return Expectation(200, None if shape.streams else shape.body_bytes)


@dataclass(frozen=True, slots=True)
class _Server:
    """A null server that listens."""

    channel: Channel
    address: Address
    kind: NullKind


def _lost(server: _Server) -> LostPartError:
    return LostPartError(LostPart("the null server", server.channel.ending()))


def _port_of(channel: Channel) -> int:
    """Start the server and wait until it listens; raises LoadError if it does not, OSError as the channel does."""
    events: SimpleQueue[ShardMessage | None] = SimpleQueue()
    channel.open(events.put)
    try:
        ready = events.get(timeout=READY_WITHIN_S)
    except Empty:
        raise LoadError(f"the null server was not ready within {READY_WITHIN_S:.0f} s") from None
    if ready is None:
        raise LoadError(f"the null server could not be started: {channel.stderr_tail()}")
    return int(ready["port"])
