"""The request of a workload as it goes over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stackduel.load.drivers.output_matcher import OutputMatcher, matcher_of
from stackduel.load.job import Job
from stackduel.load.schedule.arrivals import drawn
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import Expectation
from stackduel.model.suite import Workload
from stackduel.model.target import Address

# RFC 9110, 9.2.2: what may be sent again on a new connection when the old one closed without an answer.
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


class PreparedRequest(NamedTuple):
    """A call as sent: its number among the job's, the bytes of its request, the right answer, and its matcher."""

    number: int
    request: bytes
    expectation: Expectation
    matcher: OutputMatcher | None
    idempotent: bool


def prepare(job: Job) -> tuple[PreparedRequest, ...]:
    """The job's calls as they are sent; raises ValueError where one would break out of its lines."""
    return tuple(
        PreparedRequest(
            number,
            request_bytes(job.address, call.workload),
            call.expectation,
            matcher_of(call.expectation),
            call.workload.method in IDEMPOTENT,
        )
        for number, call in enumerate(job.calls)
    )


def drawn_calls(job: Job, share: Share) -> Iterator[PreparedRequest]:
    """The call of each request that a shard sends, drawn by weight from the job's seed; endless."""
    calls = prepare(job)
    numbers = drawn([call.workload.weight for call in job.calls], share.shard, job.seed)
    return (calls[number] for number in numbers)


def request_headers(address: Address, workload: Workload) -> tuple[tuple[str, str], ...]:
    """All headers of the request, in the order in which they are sent."""
    given = {name.lower() for name, _ in workload.headers}
    headers = [("Host", _authority(address)), *workload.headers]
    headers += [(name, value) for name, value in _DEFAULTS if name.lower() not in given]
    if workload.body or workload.method in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", str(len(workload.body))))
    return tuple(headers)


def request_bytes(address: Address, workload: Workload) -> bytes:
    """The whole request; raises ValueError where a header or the target would break out of its line."""
    lines = [f"{workload.method} {workload.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request_headers(address, workload)]
    if not all(line.isprintable() for line in lines):
        raise ValueError("a request's target and headers must be printable")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + workload.body


_DEFAULTS = (("Accept", "*/*"), ("User-Agent", "stackduel"))


def _authority(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == (443 if address.tls else 80) else f"{host}:{address.port}"
