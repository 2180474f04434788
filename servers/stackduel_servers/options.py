"""The settings of a server: those of the registry, overridden by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from stackduel_servers.core.settings import DEFAULT_QUEUE_SIZE, EXECUTIONS
from stackduel_servers.core.variables import SettingsError, integer, number
from stackduel_servers.effects import has_effect, refuse_without_effect
from stackduel_servers.registry import POOLED, StackEntry
from stackduel_servers.start_variables import (
    ACCESS_LOG,
    BACKLOG,
    BATCH_DELAY_MS,
    BATCH_SIZE,
    CONNECTIONS,
    HTTP_PARSER,
    HTTP_PARSERS,
    INFERENCE,
    LOOP,
    MAX_REQUESTS,
    MAX_REQUESTS_JITTER,
    POOL,
    QUEUE_SIZE,
    THREADS,
    VARIABLES,
    WORKER_TIMEOUT_S,
    WORKERS,
)

MAX_CPUS = 1024
DEFAULT_BACKLOG = 2048
DEFAULT_BATCH_SIZE = 4
KEEP_ALIVE_S = 75
GRACE_S = 3


@dataclass(frozen=True, slots=True)
class Listen:
    """The address of a server, and how many connections may wait to be accepted."""

    host: str
    port: int
    backlog: int

    @property
    def address(self) -> str:
        """Return ``HOST:PORT``, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Options:
    """One server's settings in force: its address, and its numbers of workers, threads and connections.

    A worker that has answered ``max_requests`` and up to ``max_requests_jitter`` more is replaced; None for never. One
    that gave no sign of life for ``worker_timeout_s`` is killed; 0 for never.
    """

    listen: Listen
    cpus: float
    workers: int
    threads: int
    connections: int | None
    loop: str | None
    inference: str = "inline"
    pool: int | None = None
    batch_size: int | None = None
    batch_delay_ms: float | None = None
    queue_size: int | None = None
    http_parser: str | None = None
    max_requests: int | None = None
    max_requests_jitter: int = 0
    worker_timeout_s: int = 0
    access_log: bool = False


def resolve_listen(port: int, environ: Mapping[str, str]) -> Listen:
    """Return the address to listen on, with ``port`` unless the environment sets another; raises SettingsError."""
    return Listen(
        host=environ.get("HOST") or "127.0.0.1",
        port=integer(environ, "PORT", 1, 65_535) or port,
        backlog=BACKLOG.read(environ) or DEFAULT_BACKLOG,
    )


def in_force(entry: StackEntry, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a start: the settings of ``entry``, unless the environment has its own."""
    return {**entry.settings, **{name: value for name, value in environ.items() if value or name not in VARIABLES}}


def resolve(entry: StackEntry, environ: Mapping[str, str], *, has_uvloop: bool) -> Options:
    """Return the settings of ``entry`` in this environment; raises SettingsError.

    ``CPUS`` is the budget in CPUs, by default those this process may run on. A setting that the stack cannot use
    (``THREADS`` for an event loop) is refused, not ignored. Without uvloop, as on Windows, asyncio's own loop is used.
    """
    environ = in_force(entry, environ)
    cpus = number(environ, "CPUS", 0.01, MAX_CPUS) or float(available_cpus())
    inference = _inference(entry, environ)
    refuse_without_effect(entry, environ, inference)
    pooled, batched = inference in POOLED, inference == "batched"
    options = Options(
        listen=resolve_listen(entry.port, environ),
        cpus=cpus,
        workers=_worker_count(entry, environ, ceil(cpus)),
        threads=THREADS.read(environ) or entry.threads,
        connections=CONNECTIONS.read(environ) or entry.connections,
        loop=_loop(entry, environ, has_uvloop=has_uvloop),
        inference=inference,
        pool=POOL.read(environ) or (ceil(cpus) if pooled else None),
        batch_size=BATCH_SIZE.read(environ) or (_batch_size(entry) if batched else None),
        batch_delay_ms=_delay_ms(entry, environ) if batched else None,
        queue_size=QUEUE_SIZE.read(environ) or (DEFAULT_QUEUE_SIZE if pooled else None),
        http_parser=HTTP_PARSER.read(environ) or (HTTP_PARSERS[0] if has_effect(entry, HTTP_PARSER.name) else None),
        max_requests=MAX_REQUESTS.read(environ) or None,
        max_requests_jitter=_jitter(environ),
        worker_timeout_s=WORKER_TIMEOUT_S.read(environ) or 0,
        access_log=entry.access_log if (log := ACCESS_LOG.read(environ)) is None else log == "on",
    )
    if MAX_REQUESTS_JITTER.read(environ) and not options.max_requests:
        raise SettingsError("MAX_REQUESTS_JITTER must be left out without MAX_REQUESTS: no worker is replaced")
    if options.connections and options.connections <= options.threads:
        raise SettingsError(f"CONNECTIONS must be more than THREADS ({options.threads}), or none could be kept alive")
    return options


def available_cpus() -> int:
    """Return the number of CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _worker_count(entry: StackEntry, environ: Mapping[str, str], cpus: int) -> int:
    match WORKERS.read(environ):
        case None:
            return entry.worker_count(cpus)
        case "cpu":
            return cpus
        case int(count):
            return count
        case _:
            return 2 * cpus + 1


def _jitter(environ: Mapping[str, str]) -> int:
    """Return the jitter, by default a tenth of the requests, so that workers do not all end at once."""
    jitter = MAX_REQUESTS_JITTER.read(environ)
    return (MAX_REQUESTS.read(environ) or 0) // 10 if jitter is None else jitter


def _inference(entry: StackEntry, environ: Mapping[str, str]) -> str:
    """Return where models run: the requested way if the application and its server support it."""
    requested = INFERENCE.read(environ)
    if requested is None or requested == entry.inference:
        return entry.inference
    without_threads = entry.worker_class == "gevent" or entry.server == "tritonserver"
    possible = {"inline"} if without_threads else {"inline", *POOLED}
    if entry.holds == "nothing" and not without_threads:
        possible.add("threads")
    if entry.inference == "triton" or requested not in possible:
        known = [name for name in EXECUTIONS if name == entry.inference or name in possible]
        known = ["triton"] if entry.inference == "triton" else known
        raise SettingsError(f"INFERENCE must be one of {', '.join(known)} for {entry.name}, not {requested!r}")
    return requested


def _batch_size(entry: StackEntry) -> int:
    return entry.batch_size or DEFAULT_BATCH_SIZE


def _delay_ms(entry: StackEntry, environ: Mapping[str, str]) -> float:
    requested = BATCH_DELAY_MS.read(environ)
    return (entry.batch_delay_ms or 0.0) if requested is None else requested


def _loop(entry: StackEntry, environ: Mapping[str, str], *, has_uvloop: bool) -> str | None:
    requested = LOOP.read(environ)
    if requested == "uvloop" and not has_uvloop:
        raise SettingsError("LOOP must be asyncio: uvloop is not installed")
    if requested or entry.loop is None:
        return requested
    return entry.loop if has_uvloop else "asyncio"
