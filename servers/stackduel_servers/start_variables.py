"""The variables that change how a stack is started, each with its bounds.

An entry's ``settings``, a switch and the environment all give their values as text, under these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackduel_servers.core.edge_settings import (
    COMPRESSION_VARIABLE,
    COMPRESSIONS,
    MAX_SLOW_MS,
    METRICS_VARIABLE,
    ON_OFF,
    SLOW_VARIABLE,
    TIMING_VARIABLE,
)
from stackduel_servers.core.json_encoder import JSON_ENCODERS, JSON_VARIABLE
from stackduel_servers.core.limits import BODY_VARIABLE, CONCURRENCY_VARIABLE, MAX_BODY_BYTES, MAX_CONCURRENCY
from stackduel_servers.core.settings import (
    DATABASE_CLIENT_VARIABLE,
    DATABASE_CLIENTS,
    DATABASE_PREPARED_VARIABLE,
    DOWNSTREAM_CLIENT_VARIABLE,
    DOWNSTREAM_CLIENTS,
    EXECUTIONS,
    MAX_BATCH,
    MAX_BATCH_DELAY_MS,
    MAX_POOL,
    MAX_QUEUE,
    MIDDLEWARE_VARIABLE,
    MIDDLEWARES,
    RESPONSE_MODEL_VARIABLE,
    TRITON_CLIENT_VARIABLE,
    TRITON_CLIENTS,
)
from stackduel_servers.core.variables import SettingsError, choice, integer, number

LOOPS = ("uvloop", "asyncio")
HTTP_PARSERS = ("httptools", "h11")
# The Pillow of the environment, or one of the builds in environments of their own (stackduel_servers.pillow).
PILLOWS = ("installed", "wheel", "source", "simd")
# Numbers of workers that follow from the CPUs of the budget.
PER_CPU, TWICE_AND_ONE = "cpu", "2cpu+1"
MAX_WORKERS = 256
MAX_THREADS = 1024
MAX_CONNECTIONS = 65_535
MAX_BACKLOG = 65_535
MAX_TIMEOUT_S = 3600.0
MAX_WORKER_TIMEOUT_S = 3600
# Of a worker, before another one takes its place.
MOST_REQUESTS = 10_000_000


@dataclass(frozen=True, slots=True)
class IntegerVariable:
    """A variable that is a whole number from ``low`` to ``high``."""

    name: str
    low: int
    high: int

    def read(self, environ: Mapping[str, str]) -> int | None:
        """Return its value, or None where it is not set; raises SettingsError."""
        return integer(environ, self.name, self.low, self.high)


@dataclass(frozen=True, slots=True)
class NumberVariable:
    """A variable that is a number from ``low`` to ``high``."""

    name: str
    low: float
    high: float

    def read(self, environ: Mapping[str, str]) -> float | None:
        """Return its value, or None where it is not set; raises SettingsError."""
        return number(environ, self.name, self.low, self.high)


@dataclass(frozen=True, slots=True)
class ChoiceVariable:
    """A variable that is one of ``choices``."""

    name: str
    choices: tuple[str, ...]

    def read(self, environ: Mapping[str, str]) -> str | None:
        """Return its value, or None where it is not set; raises SettingsError."""
        return choice(environ, self.name, self.choices)


@dataclass(frozen=True, slots=True)
class WorkersVariable:
    """A number of workers: from 1 to ``high``, or one that follows from the CPUs of the budget."""

    name: str
    high: int

    def read(self, environ: Mapping[str, str]) -> int | str | None:
        """Return the number, PER_CPU, TWICE_AND_ONE, or None where it is not set; raises SettingsError."""
        text = environ.get(self.name)
        if text in {PER_CPU, TWICE_AND_ONE}:
            return text
        try:
            return integer(environ, self.name, 1, self.high)
        except SettingsError as error:
            raise SettingsError(f"{error} (or {PER_CPU}, or {TWICE_AND_ONE})") from error


StartVariable = IntegerVariable | NumberVariable | ChoiceVariable | WorkersVariable

WORKERS = WorkersVariable("WORKERS", MAX_WORKERS)
THREADS = IntegerVariable("THREADS", 1, MAX_THREADS)
CONNECTIONS = IntegerVariable("CONNECTIONS", 1, MAX_CONNECTIONS)
LOOP = ChoiceVariable("LOOP", LOOPS)
HTTP_PARSER = ChoiceVariable("HTTP_PARSER", HTTP_PARSERS)
MAX_REQUESTS = IntegerVariable("MAX_REQUESTS", 0, MOST_REQUESTS)
MAX_REQUESTS_JITTER = IntegerVariable("MAX_REQUESTS_JITTER", 0, MOST_REQUESTS)
WORKER_TIMEOUT_S = IntegerVariable("WORKER_TIMEOUT_S", 0, MAX_WORKER_TIMEOUT_S)
ACCESS_LOG = ChoiceVariable("ACCESS_LOG", ON_OFF)
BACKLOG = IntegerVariable("BACKLOG", 1, MAX_BACKLOG)
INFERENCE = ChoiceVariable("INFERENCE", EXECUTIONS)
POOL = IntegerVariable("POOL", 1, MAX_POOL)
BATCH_SIZE = IntegerVariable("BATCH_SIZE", 1, MAX_BATCH)
BATCH_DELAY_MS = NumberVariable("BATCH_DELAY_MS", 0, MAX_BATCH_DELAY_MS)
QUEUE_SIZE = IntegerVariable("QUEUE_SIZE", 1, MAX_QUEUE)
INFERENCE_TIMEOUT_S = NumberVariable("INFERENCE_TIMEOUT_S", 0.01, MAX_TIMEOUT_S)
DOWNSTREAM_TIMEOUT_S = NumberVariable("DOWNSTREAM_TIMEOUT_S", 0.01, MAX_TIMEOUT_S)
CONCURRENCY_LIMIT = IntegerVariable(CONCURRENCY_VARIABLE, 0, MAX_CONCURRENCY)
BODY_BYTES = IntegerVariable(BODY_VARIABLE, 1, MAX_BODY_BYTES)
JSON_ENCODER = ChoiceVariable(JSON_VARIABLE, JSON_ENCODERS)
DOWNSTREAM_CLIENT = ChoiceVariable(DOWNSTREAM_CLIENT_VARIABLE, DOWNSTREAM_CLIENTS)
TRITON_CLIENT = ChoiceVariable(TRITON_CLIENT_VARIABLE, TRITON_CLIENTS)
DATABASE_CLIENT = ChoiceVariable(DATABASE_CLIENT_VARIABLE, DATABASE_CLIENTS)
DATABASE_PREPARED = ChoiceVariable(DATABASE_PREPARED_VARIABLE, ON_OFF)
TIMING = ChoiceVariable(TIMING_VARIABLE, ON_OFF)
SLOW_REQUEST_MS = NumberVariable(SLOW_VARIABLE, 0, MAX_SLOW_MS)
COMPRESSION = ChoiceVariable(COMPRESSION_VARIABLE, COMPRESSIONS)
METRICS = ChoiceVariable(METRICS_VARIABLE, ON_OFF)
MIDDLEWARE = ChoiceVariable(MIDDLEWARE_VARIABLE, MIDDLEWARES)
RESPONSE_MODEL = ChoiceVariable(RESPONSE_MODEL_VARIABLE, ON_OFF)
PILLOW = ChoiceVariable("PILLOW", PILLOWS)

VARIABLES: Mapping[str, StartVariable] = {
    each.name: each
    for each in (
        *(WORKERS, THREADS, CONNECTIONS, LOOP, HTTP_PARSER, BACKLOG, MAX_REQUESTS, MAX_REQUESTS_JITTER),
        *(WORKER_TIMEOUT_S, ACCESS_LOG),
        *(JSON_ENCODER, DOWNSTREAM_CLIENT, TRITON_CLIENT, TIMING, SLOW_REQUEST_MS, COMPRESSION, METRICS),
        *(DATABASE_CLIENT, DATABASE_PREPARED),
        *(MIDDLEWARE, RESPONSE_MODEL, PILLOW, INFERENCE, POOL, BATCH_SIZE, BATCH_DELAY_MS, QUEUE_SIZE),
        *(INFERENCE_TIMEOUT_S, DOWNSTREAM_TIMEOUT_S, CONCURRENCY_LIMIT, BODY_BYTES),
    )
}
