"""The request of a workload as it goes over the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from stackduel.load.drivers.body_matcher import BodyMatcher, matcher_of
from stackduel.load.drivers.request_head import request_bytes
from stackduel.load.job import Call, Job
from stackduel.load.schedule.arrivals import drawn
from stackduel.load.schedule.shares import Share
from stackduel.load.websockets.frames import KINDS, client_frame, server_frame
from stackduel.load.websockets.handshake import Handshake
from stackduel.model.measurement import Expectation
from stackduel.model.target import Address

# RFC 9110, 9.2.2: what may be sent again on a new connection when the old one closed without an answer.
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


class PreparedRequest(NamedTuple):
    """A call as sent: its number among the job's, the bytes of its request, the right answer, and its matcher.

    On a WebSocket the request is the frame of a message; ``handshake`` opens one for it, and ``frame`` is the usual
    form of the right answer, None where other bytes are right, too.
    """

    number: int
    request: bytes
    expectation: Expectation
    matcher: BodyMatcher | None
    idempotent: bool
    handshake: Handshake | None = None
    frame: bytes | None = None


def prepare(job: Job) -> tuple[PreparedRequest, ...]:
    """The job's calls as they are sent; raises ValueError where one would break out of its lines."""
    return tuple(_prepared(job.address, number, call) for number, call in enumerate(job.calls))


def _prepared(address: Address, number: int, call: Call) -> PreparedRequest:
    workload, expectation = call.workload, call.expectation
    if not workload.is_websocket:
        request = request_bytes(address, workload)
        return PreparedRequest(number, request, expectation, matcher_of(expectation), workload.method in IDEMPOTENT)
    request, frame = b"", None
    if workload.websocket is not None:
        kind = KINDS[workload.websocket]
        # Nobody on the way to the server mistakes the bytes of one machine for something else: one mask is enough.
        request = client_frame(kind, workload.body, os.urandom(4))
        frame = None if expectation.body is None else server_frame(kind, expectation.body)
    handshake = Handshake.of(address, workload)
    return PreparedRequest(number, request, expectation, None, idempotent=True, handshake=handshake, frame=frame)


def drawn_calls(job: Job, share: Share) -> Iterator[PreparedRequest]:
    """The call of each request that a shard sends, drawn by weight from the job's seed; endless."""
    calls = prepare(job)
    numbers = drawn([call.share for call in job.calls], share.shard, job.seed)
    return (calls[number] for number in numbers)
