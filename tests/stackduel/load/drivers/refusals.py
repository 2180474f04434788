"""Servers that refuse a large body, and what is sent to them."""

from __future__ import annotations

from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.scripted import Script, Visit

LOADS: tuple[Load, ...] = (ClosedLoop(4, requests=60), OpenLoop(120, 0.5, connections=4))
SIZES = (192_044, 1_000_000, 8_000_000)


def upload(size: int) -> Workload:
    return Workload("/infer/x", "POST", body=bytes(size))


def refusal(status: bytes, *headers: bytes) -> bytes:
    """A short answer of that status."""
    head = b"".join(b"\r\n" + header for header in headers)
    return b"HTTP/1.1 " + status + b" No" + head + b"\r\nContent-Length: 2\r\n\r\nno"


def refusing(said: bytes, *, after_bytes: int) -> Script:
    """A server that reads so much of a request, answers, and closes the connection with the rest unread."""

    async def script(visit: Visit) -> None:
        await visit.read(after_bytes)
        visit.stop_reading()
        await visit.send(said)

    return script
