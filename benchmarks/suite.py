"""What is measured: suites of scenarios, each a workload under a load (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from benchmarks.fields import FieldError, Fields

Check = Literal["body", "length", "status"]
Metric = Literal["rate", "time"]

MAX_CONNECTIONS = 10_000
MAX_DURATION_S = 86_400.0
MAX_REQUESTS = 10_000_000
MAX_BODY_BYTES = 50 * 1024 * 1024
# Whatever other header a user's request sends may be a secret: its value is never written down.
PLAIN_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})


@dataclass(frozen=True, slots=True)
class Workload:
    """One request, repeated: its parts as they go over the wire and what a right answer is.

    ``check`` says how far each answer is compared with the verified one: its ``status`` alone, its
    ``length`` too, or its ``body`` byte for byte.
    """

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int = 200
    check: Check = "body"


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """``connections`` clients, each sending its next request when the last was answered.

    Exactly one of ``duration_s`` (a window; the metric is the rate) and ``requests`` (a fixed number in all;
    the metric is the median time of a request) is set. The warm-up comes first and is not counted.
    """

    connections: int
    duration_s: float | None = None
    requests: int | None = None
    warmup_s: float = 0.0
    warmup_requests: int = 0

    @property
    def metric(self) -> Metric:
        """What is compared between stacks: the rate in a window, or the time of a request."""
        return "time" if self.requests is not None else "rate"


# Open loops (arrivals at a rate that never wait for answers) join this union.
Load = ClosedLoop


@dataclass(frozen=True, slots=True)
class Scenario:
    """A workload under a load, by the name that tables show."""

    name: str
    workload: Workload
    load: Load
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios to be measured together on the same stacks, in ``blocks`` interleaved rounds."""

    name: str
    summary: str
    baseline: str
    stacks: tuple[str, ...]
    blocks: int
    scenarios: tuple[Scenario, ...]

    def with_blocks(self, blocks: int) -> Suite:
        """The same suite measured in another number of rounds."""
        return replace(self, blocks=blocks)


def parse_suite(name: str, text: str) -> Suite:
    """Read a suite from TOML text; ``name`` is what it is called.

    Raises FieldError, naming the field and its bound, on anything unknown, missing or out of range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FieldError(f"suite {name}: not valid TOML: {error}") from error
    fields = Fields(f"suite {name}", document)
    suite = Suite(
        name=name,
        summary=fields.text("summary"),
        baseline=fields.text("baseline"),
        stacks=fields.texts("stacks"),
        blocks=fields.integer("blocks", 1, 1000, default=1),
        scenarios=tuple(
            scenario for table in fields.tables("scenario") for scenario in parse_scenarios(f"suite {name}", table)
        ),
    )
    fields.finish()
    if not suite.scenarios:
        raise FieldError(f"suite {name}: scenario: at least one is needed")
    names = [scenario.name for scenario in suite.scenarios]
    for doubled in sorted({each for each in names if names.count(each) > 1}):
        raise FieldError(f"suite {name}: scenario {doubled}: the name stands twice")
    return suite


def parse_scenarios(where: str, table: Mapping[str, Any]) -> tuple[Scenario, ...]:
    """Read one ``[[scenario]]`` table: as many scenarios as its load has numbers of connections.

    With several, ``{connections}`` in the name tells them apart.
    """
    name = Fields(where, table).text("name")
    fields = Fields(f"{where}: scenario {name}", table)
    fields.text("name")
    summary = fields.text("summary", default="")
    workload = parse_workload(fields)
    loads = parse_loads(fields.table("load"), f"{fields.where}: load")
    fields.finish()
    if len(loads) > 1 and "{connections}" not in name:
        raise FieldError(f"{fields.where}: name: needs {{connections}} in it for several numbers of connections")
    return tuple(
        Scenario(name.replace("{connections}", str(load.connections)), workload, load, summary) for load in loads
    )


def parse_workload(fields: Fields) -> Workload:
    """Take a workload's fields out of ``fields``."""
    target = fields.text("path")
    if not target.startswith("/") or any(ord(char) <= 32 or ord(char) > 126 for char in target):
        raise FieldError(f"{fields.where}: path: must start with / and hold visible ASCII only")
    method = fields.text("method", default="GET").upper()
    if not method.isalpha() or method in {"CONNECT", "HEAD"}:
        raise FieldError(f"{fields.where}: method: must be letters, and not CONNECT or HEAD")
    body = fields.text("body", default="").encode()
    if len(body) > MAX_BODY_BYTES:
        raise FieldError(f"{fields.where}: body: at most {MAX_BODY_BYTES} bytes")
    return Workload(
        target=target,
        method=method,
        headers=_headers(fields),
        body=body,
        status=fields.integer("status", 200, 599, default=200),
        check=fields.choice("check", ("body", "length", "status"), default="body"),
    )


def parse_loads(table: Mapping[str, Any], where: str) -> tuple[Load, ...]:
    """Read a ``load`` table, a load for each number in ``connections``.

    ``warmup_rounds`` asks for so many requests of each connection before the window opens.
    """
    given = table.get("connections")
    if isinstance(given, list) and given:
        return tuple(load for each in given for load in parse_loads({**table, "connections": each}, where))
    fields = Fields(where, table)
    connections = fields.integer("connections", 1, MAX_CONNECTIONS)
    load = ClosedLoop(
        connections=connections,
        duration_s=fields.number("duration_s", 0.05, MAX_DURATION_S, default=None),
        requests=fields.integer("requests", 1, MAX_REQUESTS, default=None),
        warmup_s=fields.number("warmup_s", 0, 600, default=0.0),
        warmup_requests=connections * fields.integer("warmup_rounds", 0, 1000, default=0),
    )
    fields.finish()
    if (load.duration_s is None) == (load.requests is None):
        raise FieldError(f"{where}: exactly one of duration_s and requests is needed")
    return (load,)


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    headers = []
    for name, value in fields.table("headers", default={}).items():
        if not isinstance(value, str) or not value.isprintable() or not value.isascii():
            raise FieldError(f"{fields.where}: headers.{name}: must be printable ASCII text")
        if not name.replace("-", "").isalnum() or name.lower() in {"host", "content-length", "connection"}:
            raise FieldError(f"{fields.where}: headers.{name}: not a header that a workload may set")
        headers.append((name, value))
    return tuple(headers)
