"""The settings of a running service, read from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from stackduel_servers.core.edge_settings import ON_OFF, read_edge_settings
from stackduel_servers.core.json_encoder import encoder_of
from stackduel_servers.core.limits import Limits, read_limits
from stackduel_servers.core.variables import SettingsError, choice, integer, number

DEFAULT_DOWNSTREAM_URL = "http://127.0.0.1:8009"
DEFAULT_DOWNSTREAM_TIMEOUT_S = 5.0
DEFAULT_QUEUE_SIZE = 512
DEFAULT_INFERENCE_TIMEOUT_S = 30.0
DEFAULT_TRITON_URL = "http://127.0.0.1:8090"
DEFAULT_DATABASE_URL = "postgresql://stackduel@127.0.0.1:5432/stackduel"
DEFAULT_DATABASE_POOL = 16
DEFAULT_DATABASE_TIMEOUT_S = 15.0
MOST_DATABASE_POOL = 1000
DOWNSTREAM_CLIENT_VARIABLE, TRITON_CLIENT_VARIABLE = "DOWNSTREAM_CLIENT", "TRITON_CLIENT"
DATABASE_CLIENT_VARIABLE, DATABASE_PREPARED_VARIABLE = "DATABASE_CLIENT", "DATABASE_PREPARED"
MIDDLEWARE_VARIABLE, RESPONSE_MODEL_VARIABLE = "MIDDLEWARE", "RESPONSE_MODEL"
DOWNSTREAM_CLIENTS = ("pooled", "per-request")
DATABASE_CLIENTS = ("pooled", "per-request")
TRITON_CLIENTS = ("cached", "per-request")
MIDDLEWARES = ("none", "asgi", "base")
EXECUTIONS = ("inline", "threads", "executor", "batched", "triton")
# The bounds of the settings of inference; stackduel_servers.options uses them too.
MAX_POOL = 256
MAX_BATCH = 1024
MAX_BATCH_DELAY_MS = 1000
MAX_QUEUE = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """A service's settings; those from ``stack`` to ``cpus`` are only reported by ``/health`` and may be unknown.

    ``downstream_timeout_s`` is how much longer than its delay a downstream call may take. ``inference`` is where models
    run, one of EXECUTIONS: in the handler itself, on the framework's threads, on ``pool`` threads of ours (one request
    at a time, or up to ``batch_size`` requests that arrive within ``batch_delay_ms``), or on a Triton server.
    ``queue_size`` requests may wait for these threads, each for up to ``inference_timeout_s``. ``limits`` are what one
    worker takes at most. ``middleware`` is one of MIDDLEWARES. ``in_force`` are the variables of this start and the
    switches, as ``/health`` reports them. ``database_pool`` connections are shared out over the workers; a
    request waits up to ``database_timeout_s`` for one, and as long for each statement. Without ``pools_database`` each
    request has a connection of its own; without ``prepares_statements`` the driver sends each statement whole.
    """

    downstream_url: str = DEFAULT_DOWNSTREAM_URL
    downstream_timeout_s: float = DEFAULT_DOWNSTREAM_TIMEOUT_S
    stack: str | None = None
    framework: str | None = None
    server: str | None = None
    workers: int | None = None
    threads: int | None = None
    loop: str | None = None
    cpus: float | None = None
    inference: str = "inline"
    pool: int | None = None
    batch_size: int | None = None
    batch_delay_ms: float = 0.0
    queue_size: int = DEFAULT_QUEUE_SIZE
    inference_timeout_s: float = DEFAULT_INFERENCE_TIMEOUT_S
    triton_url: str = DEFAULT_TRITON_URL
    device: str | None = None
    device_note: str | None = None
    limits: Limits = field(default_factory=Limits)
    pools_downstream: bool = True
    keeps_triton_client: bool = True
    middleware: str = "none"
    has_response_models: bool = True
    in_force: Mapping[str, object] = field(default_factory=dict)
    database_url: str = field(default=DEFAULT_DATABASE_URL, repr=False)
    database_pool: int = DEFAULT_DATABASE_POOL
    database_timeout_s: float = DEFAULT_DATABASE_TIMEOUT_S
    pools_database: bool = True
    prepares_statements: bool = True

    @property
    def pool_of_worker(self) -> int:
        """The connections of one worker."""
        return max(1, self.database_pool // (self.workers or 1))


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises SettingsError. ``serve`` sets the names that start with STACKDUEL_."""
    # The edge and the encoder read theirs themselves; a bad value must end the start, not the first request.
    read_edge_settings(environ)
    encoder_of(environ)
    return Settings(
        downstream_url=_url(environ, "DOWNSTREAM_URL", DEFAULT_DOWNSTREAM_URL),
        downstream_timeout_s=number(environ, "DOWNSTREAM_TIMEOUT_S", 0.01, 3600) or DEFAULT_DOWNSTREAM_TIMEOUT_S,
        stack=environ.get("STACKDUEL_STACK"),
        framework=environ.get("STACKDUEL_FRAMEWORK"),
        server=environ.get("STACKDUEL_SERVER"),
        device=environ.get("STACKDUEL_DEVICE"),
        device_note=environ.get("STACKDUEL_DEVICE_NOTE"),
        workers=integer(environ, "STACKDUEL_WORKERS", 1, 100_000),
        threads=integer(environ, "STACKDUEL_THREADS", 1, 100_000),
        loop=environ.get("STACKDUEL_LOOP"),
        cpus=number(environ, "STACKDUEL_CPUS", 0, 100_000),
        inference=choice(environ, "STACKDUEL_INFERENCE", EXECUTIONS) or "inline",
        pool=integer(environ, "STACKDUEL_POOL", 1, MAX_POOL),
        batch_size=integer(environ, "STACKDUEL_BATCH_SIZE", 1, MAX_BATCH),
        batch_delay_ms=number(environ, "STACKDUEL_BATCH_DELAY_MS", 0, MAX_BATCH_DELAY_MS) or 0.0,
        queue_size=integer(environ, "STACKDUEL_QUEUE_SIZE", 1, MAX_QUEUE) or DEFAULT_QUEUE_SIZE,
        inference_timeout_s=number(environ, "INFERENCE_TIMEOUT_S", 0.01, 3600) or DEFAULT_INFERENCE_TIMEOUT_S,
        triton_url=_url(environ, "TRITON_URL", DEFAULT_TRITON_URL),
        limits=read_limits(environ),
        pools_downstream=choice(environ, DOWNSTREAM_CLIENT_VARIABLE, DOWNSTREAM_CLIENTS) != "per-request",
        keeps_triton_client=choice(environ, TRITON_CLIENT_VARIABLE, TRITON_CLIENTS) != "per-request",
        middleware=choice(environ, MIDDLEWARE_VARIABLE, MIDDLEWARES) or "none",
        has_response_models=choice(environ, RESPONSE_MODEL_VARIABLE, ON_OFF) != "off",
        in_force=json.loads(environ.get("STACKDUEL_SETTINGS") or "{}"),
        database_url=environ.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
        database_pool=integer(environ, "DATABASE_POOL", 1, MOST_DATABASE_POOL) or DEFAULT_DATABASE_POOL,
        database_timeout_s=number(environ, "DATABASE_TIMEOUT_S", 0.01, 3600) or DEFAULT_DATABASE_TIMEOUT_S,
        pools_database=choice(environ, DATABASE_CLIENT_VARIABLE, DATABASE_CLIENTS) != "per-request",
        prepares_statements=choice(environ, DATABASE_PREPARED_VARIABLE, ON_OFF) != "off",
    )


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    url = environ.get(name) or default
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname and parts.port and not parts.username
    except ValueError:
        plain = False
    if not plain or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError(f"{name} must be http://HOST:PORT and nothing more, not {url!r}")
    return url.rstrip("/")
