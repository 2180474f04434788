"""The null rate: the rate at which the generator drives a server that does nothing, in the shape of a load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Self

import msgspec

from stackduel.load.drivers.request import request_bytes
from stackduel.load.engine import Engine
from stackduel.load.job import Call, Job, LoadError
from stackduel.load.shards.channels import Channel, ProcessChannel, Program, ShardMessage
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop
from stackduel.model.target import Address

LOOPBACK = "127.0.0.1"
WARMUP_S = 0.1
DURATION_S = 0.4
READY_WITHIN_S = 10.0
ANSWER_WITHIN_S = 2.0

# Any address can serve to measure the size of requests, if it is always the same.
_ANYWHERE = Address("localhost", 80)

ChannelFor = Callable[[int], Channel]


def null_server(host: str, body_bytes: int) -> Program:
    """Return the program of a null server that listens on any free port of that host."""
    return ("stackduel.load.shards.null_server", "--host", host, "--port", "0", "--body-bytes", str(body_bytes))


def local_null_rates(engine: Engine, core: int | None) -> NullRates:
    """Return null rates of an engine on this machine, from a null server that is bound to ``core``."""
    return NullRates(engine, lambda body_bytes: ProcessChannel(core, null_server(LOOPBACK, body_bytes)), LOOPBACK)


class NullRates:
    """Measures each shape of a load once on a null server, and remembers the rate.

    The server is started by the first load that needs it, and restarted for answers of another length.
    ``channel_for`` makes the channel to a server of that many body bytes, which the generator reaches on ``host``.
    """

    def __init__(self, engine: Engine, channel_for: ChannelFor, host: str) -> None:
        self._engine = engine
        self._channel_for = channel_for
        self._host = host
        self._server: _Server | None = None
        self._rates: dict[LoadShape, float | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end()

    def rate_rps(self, job: Job) -> float | None:
        """Return a null server's answers per second to the same closed loop; None if it has no meaning or failed.

        It has no meaning for open loops and fixed numbers of requests, whose rate is not the generator's, and over
        TLS and gRPC, which the null server does not speak.
        """
        if not isinstance(job.load, ClosedLoop) or job.load.duration_s is None or not _speaks_http(job):
            return None
        try:
            shape = LoadShape.of(job)
        except ValueError:  # a request that no driver can send
            return None
        if shape not in self._rates:
            self._rates[shape] = self._measure(job, job.load, shape)
        return self._rates[shape]

    def _measure(self, job: Job, load: ClosedLoop, shape: LoadShape) -> float | None:
        try:
            server = self._server_of(shape.body_bytes)
            measurement = self._engine.measure(null_job(job, load, server.address, shape), alive=server.channel.alive)
        except (LoadError, OSError):
            return None
        return measurement.succeeded / measurement.duration_s if measurement.succeeded else None

    def _server_of(self, body_bytes: int) -> _Server:
        server = self._server
        if server is not None and server.body_bytes == body_bytes and server.channel.alive():
            return server
        self._end()
        channel = self._channel_for(body_bytes)
        try:
            self._server = _Server(channel, Address(self._host, _port_of(channel)), body_bytes)
        except BaseException:
            channel.close()
            raise
        return self._server

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.channel.close()


@dataclass(frozen=True, slots=True)
class LoadShape:
    """The properties of a closed loop that limit the generator's rate; sizes in bytes.

    Of several calls, ``request_bytes`` is the sum and ``body_bytes`` the mean by their weights. If answers are
    compared by their status alone, their size is unknown and taken as 0.
    """

    connections: int
    driver: DriverName
    request_bytes: int
    body_bytes: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the shape of a job; raises ValueError if a request cannot be sent."""
        weights = sum(call.workload.weight for call in job.calls)
        length = sum(call.workload.weight * _answer_bytes(call.expectation) for call in job.calls)
        return cls(
            connections=job.load.connections,
            driver=job.driver,
            request_bytes=sum(len(request_bytes(_ANYWHERE, call.workload)) for call in job.calls),
            body_bytes=round(length / weights),
        )


def _speaks_http(job: Job) -> bool:
    return job.driver != "grpc" and not job.address.tls


def _answer_bytes(expectation: Expectation) -> int:
    # For numbers, about the size of the verified answer.
    return expectation.length or len(expectation.body or b"")


def null_job(job: Job, load: ClosedLoop, address: Address, shape: LoadShape) -> Job:
    """Return the job for the null server: the same requests, for a moment."""
    right = Expectation(200, shape.body_bytes)
    return replace(
        job,
        address=address,
        calls=tuple(Call(call.workload, right) for call in job.calls),
        load=msgspec.structs.replace(
            load, duration_s=DURATION_S, warmup_s=WARMUP_S, warmup_requests=0, stable_within_s=0.0
        ),
        timeout_s=ANSWER_WITHIN_S,
        victim=None,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    """A null server that listens."""

    channel: Channel
    address: Address
    body_bytes: int


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
