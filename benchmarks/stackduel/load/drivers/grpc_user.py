"""One gRPC client with a channel, and so a connection, of its own: what sends a scheduled call."""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio

from stackduel.inference.grpc_channel import OPTIONS, grpc_target, root_certificates
from stackduel.load.clock import clock
from stackduel.load.drivers.grpc_refusals import Refusals
from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.drivers.scheduled_connection import RecordRequest, ScheduledRequest
from stackduel.load.drivers.user import User
from stackduel.load.job import Job
from stackduel.model.measurement import Outcome

_READY = grpc.ChannelConnectivity.READY
# What a call that went well counts as, among the statuses of HTTP.
_WELL = 200


class GrpcUser(User):
    """Calls with bytes that were made before, and takes bytes: nothing is made of either while the load is on.

    The first byte of an answer is told as the moment at which it was complete: a unary call gives away no earlier one.
    gRPC sends nothing again by itself here.
    """

    def __init__(self, job: Job, record: RecordRequest) -> None:
        super().__init__(job, record)
        self._channel = _channel(job)
        self._methods = [self._channel.unary_unary(call.workload.target) for call in job.calls]
        self._call: grpc.aio.UnaryUnaryCall | None = None
        self._refusals = Refusals(self._connected)

    async def close(self) -> None:
        """Close the channel; a call in flight is not recorded."""
        await self._channel.close()

    async def _request(self, scheduled: ScheduledRequest) -> Outcome:
        number = scheduled.call.number
        connected = self._connected()
        left_s = max(self.sent_s + self._job.timeout_s - clock(), 0.001)
        self._call = self._methods[number](self._job.calls[number].workload.body, timeout=left_s)
        try:
            body = await self._call
        except grpc.aio.AioRpcError as error:
            return await self._failed(error, connected=connected)
        except asyncio.CancelledError:
            if self.scheduled is None:
                return Outcome.TIMEOUT
            raise
        self._first_s = clock()
        self.made += not connected
        return _judged(body, scheduled.call)

    async def _failed(self, error: grpc.aio.AioRpcError, *, connected: bool) -> Outcome:
        """Return the outcome of a status: ``UNAVAILABLE`` is a server's answer only if the connection stays."""
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return Outcome.TIMEOUT
        if error.code() is not grpc.StatusCode.UNAVAILABLE or await self._refusals.is_answer(error.details()):
            self.made += not connected
            return Outcome.STATUS
        return Outcome.DROPPED if connected else Outcome.REFUSED

    def _connected(self) -> bool:
        return self._channel.get_state() is _READY

    def _abort(self) -> None:
        if self._call is not None:
            self._call.cancel()


def _judged(body: bytes, call: PreparedRequest) -> Outcome:
    expectation = call.expectation
    same = expectation.body is None or body == expectation.body
    if not same and call.matcher is not None:
        same = call.matcher.agrees(body)
    return expectation.judge(status=_WELL, length=len(body), same=same)


def _channel(job: Job) -> grpc.aio.Channel:
    target = grpc_target(job.address)
    if job.address.tls:
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(root_certificates(job.address)), OPTIONS)
    return grpc.aio.insecure_channel(target, OPTIONS)
