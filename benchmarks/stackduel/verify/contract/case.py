"""One request of the contract, and the answer that it must get."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.model_output import Outputs
from stackduel_servers.supported import WEB_FRAMEWORKS

JSON = "application/json"


FRAMEWORKS = tuple(WEB_FRAMEWORKS)


@dataclass(frozen=True, slots=True)
class Digest:
    """A body that is too long for the source: its length in bytes and its SHA-256."""

    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Keys:
    """A body with varying values: a JSON object with exactly these keys, in this order."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """A body that may differ between stacks."""


@dataclass(frozen=True, slots=True)
class ExpectedNumbers:
    """A model's outputs, each number within a tolerance: in JSON, or raw float32 with their shapes in a header."""

    model: str
    outputs: Outputs
    raw: bool = False


Expected = bytes | Digest | Keys | Anything | ExpectedNumbers


@dataclass(frozen=True, slots=True)
class Case:
    """One request and its answer.

    ``body`` is sent as it is, with its chunk framing if it has any; ``host`` None sends no Host. ``expected`` is the
    answer's body as GET would have it. ``frameworks`` are those whose stacks the case is for. ``takes_s`` is how long
    the answer takes at least. ``refusable``: the server may refuse the request with any 4xx of its own, or close.
    """

    name: str
    target: str
    expected: Expected
    status: int = 200
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    host: str | None = "stackduel.test"
    version: str = "1.1"
    allow: str | None = None
    content_type: str = JSON
    frameworks: tuple[str, ...] = FRAMEWORKS
    takes_s: float = 0.0
    refusable: bool = False


def error_body(sentence: str) -> bytes:
    """Return the body of an error."""
    return b'{"error":"%s"}' % sentence.encode()


def request_bytes(case: Case) -> bytes:
    """Return the bytes of the request."""
    host = [] if case.host is None else [f"Host: {case.host}".rstrip()]
    lines = [f"{case.method} {case.target} HTTP/{case.version}", *host]
    lines += [f"{name}: {value}" for name, value in case.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + case.body
