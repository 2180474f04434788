"""The settings of a server: those of the registry, overridden by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from stackduel_servers.core.settings import (
    DEFAULT_QUEUE_SIZE,
    EXECUTIONS,
    MAX_BATCH,
    MAX_BATCH_DELAY_MS,
    MAX_POOL,
    MAX_QUEUE,
)
from stackduel_servers.core.variables import SettingsError, choice, integer, number
from stackduel_servers.registry import LOOPS, MAX_CONNECTIONS, MAX_THREADS, MAX_WORKERS, POOLED, StackEntry
from stackduel_servers.supported import SERVERS

MAX_CPUS = 1024
BACKLOG = 2048
BATCH_SIZE = 4
KEEP_ALIVE_S = 75
GRACE_S = 3
# The ways of inference in which each setting has an effect.
EFFECTIVE: Mapping[str, tuple[str, ...]] = {
    "POOL": POOLED,
    "BATCH_SIZE": ("batched",),
    "BATCH_DELAY_MS": ("batched",),
    "QUEUE_SIZE": POOLED,
    "INFERENCE_TIMEOUT_S": ("threads", *POOLED, "triton"),
    "TRITON_URL": ("triton",),
}


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
    """One server's settings in force: its address, and its numbers of workers, threads and connections."""

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


def resolve_listen(port: int, environ: Mapping[str, str]) -> Listen:
    """Return the address to listen on, with ``port`` unless the environment sets another; raises SettingsError."""
    return Listen(
        host=environ.get("HOST") or "127.0.0.1",
        port=integer(environ, "PORT", 1, 65_535) or port,
        backlog=integer(environ, "BACKLOG", 1, 65_535) or BACKLOG,
    )


def resolve(entry: StackEntry, environ: Mapping[str, str], *, has_uvloop: bool) -> Options:
    """Return the settings of ``entry`` in this environment; raises SettingsError.

    ``CPUS`` is the budget in CPUs, by default those this process may run on. A setting that the stack cannot use
    (``THREADS`` for an event loop) is refused, not ignored. Without uvloop, as on Windows, asyncio's own loop is used.
    """
    cpus = number(environ, "CPUS", 0.01, MAX_CPUS) or float(available_cpus())
    inference = _inference(entry, environ)
    _refuse_without_effect(entry, environ, inference)
    pooled, batched = inference in POOLED, inference == "batched"
    options = Options(
        listen=resolve_listen(entry.port, environ),
        cpus=cpus,
        workers=integer(environ, "WORKERS", 1, MAX_WORKERS) or entry.worker_count(ceil(cpus)),
        threads=integer(environ, "THREADS", 1, MAX_THREADS) or entry.threads,
        connections=integer(environ, "CONNECTIONS", 1, MAX_CONNECTIONS) or entry.connections,
        loop=_loop(entry, environ, has_uvloop=has_uvloop),
        inference=inference,
        pool=integer(environ, "POOL", 1, MAX_POOL) or (ceil(cpus) if pooled else None),
        batch_size=integer(environ, "BATCH_SIZE", 1, MAX_BATCH) or (_batch_size(entry) if batched else None),
        batch_delay_ms=_delay_ms(entry, environ) if batched else None,
        queue_size=integer(environ, "QUEUE_SIZE", 1, MAX_QUEUE) or (DEFAULT_QUEUE_SIZE if pooled else None),
    )
    if options.connections and options.connections <= options.threads:
        raise SettingsError(f"CONNECTIONS must be more than THREADS ({options.threads}), or none could be kept alive")
    return options


def available_cpus() -> int:
    """Return the number of CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _inference(entry: StackEntry, environ: Mapping[str, str]) -> str:
    """Return where models run: the requested way if the application and its server support it."""
    requested = choice(environ, "INFERENCE", EXECUTIONS)
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
    return entry.batch_size or BATCH_SIZE


def _delay_ms(entry: StackEntry, environ: Mapping[str, str]) -> float:
    requested = number(environ, "BATCH_DELAY_MS", 0, MAX_BATCH_DELAY_MS)
    return (entry.batch_delay_ms or 0.0) if requested is None else requested


def _refuse_without_effect(entry: StackEntry, environ: Mapping[str, str], inference: str) -> None:
    useless = {
        "WORKERS": not SERVERS[entry.server].takes_workers,
        "THREADS": entry.holds != "thread",
        "CONNECTIONS": entry.connections is None,
        "LOOP": entry.loop is None,
    }
    for name, is_useless in useless.items():
        if is_useless and environ.get(name):
            raise SettingsError(f"{name} must be left out: {entry.name} has no such setting")
    for name, where in EFFECTIVE.items():
        if inference not in where and environ.get(name):
            raise SettingsError(f"{name} must be left out: it has no effect where inference is {inference}")


def _loop(entry: StackEntry, environ: Mapping[str, str], *, has_uvloop: bool) -> str | None:
    requested = choice(environ, "LOOP", LOOPS)
    if requested == "uvloop" and not has_uvloop:
        raise SettingsError("LOOP must be asyncio: uvloop is not installed")
    if requested or entry.loop is None:
        return requested
    return entry.loop if has_uvloop else "asyncio"
