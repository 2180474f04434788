"""On which stacks a variable has an effect: where it has none, a start refuses it instead of ignoring it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from stackduel_servers.core.variables import SettingsError
from stackduel_servers.registry import POOLED, StackEntry
from stackduel_servers.start_variables import VARIABLES
from stackduel_servers.supported import SERVERS, STARLETTE_BASED

# The ways of inference in which each setting has an effect.
IN_INFERENCE: Mapping[str, tuple[str, ...]] = {
    "POOL": POOLED,
    "BATCH_SIZE": ("batched",),
    "BATCH_DELAY_MS": ("batched",),
    "QUEUE_SIZE": POOLED,
    "INFERENCE_TIMEOUT_S": ("threads", *POOLED, "triton"),
    "TRITON_URL": ("triton",),
    "TRITON_CLIENT": ("triton",),
}
# What the core reads, and only some servers' command lines: no effect where the core is not, or the server cannot.
IN_CORE = ("CONCURRENCY_LIMIT", "MAX_BODY_BYTES", "TIMING", "SLOW_REQUEST_MS", "COMPRESSION", "METRICS")
# All that an application reads by itself, whatever starts it.
IN_APPLICATION = (*IN_CORE, "JSON_ENCODER", "DOWNSTREAM_CLIENT", "TRITON_CLIENT", "MIDDLEWARE", "RESPONSE_MODEL")
OF_DATABASES = ("DATABASE_CLIENT", "DATABASE_PREPARED")
OF_SERVERS = ("MAX_REQUESTS", "MAX_REQUESTS_JITTER", "WORKER_TIMEOUT_S", "ACCESS_LOG")


def _has_core(entry: StackEntry) -> bool:
    return entry.server != "tritonserver"


def _server_follows(variable: str, entry: StackEntry) -> bool:
    return variable in SERVERS[entry.server].settings


# The entries on which each setting has an effect; a variable that is in neither table has one everywhere.
ON_ENTRIES: Mapping[str, Callable[[StackEntry], bool]] = {
    "WORKERS": lambda entry: SERVERS[entry.server].takes_workers,
    "THREADS": lambda entry: entry.holds == "thread",
    "CONNECTIONS": lambda entry: entry.connections is not None,
    "LOOP": lambda entry: entry.loop is not None,
    "BACKLOG": _has_core,
    # The music service calls nobody.
    "DOWNSTREAM_CLIENT": lambda entry: _has_core(entry) and entry.contract == "sandbox",
    **dict.fromkeys(OF_DATABASES, lambda entry: entry.contract == "database"),
    "HTTP_PARSER": lambda entry: "uvicorn" in {entry.server, entry.worker_class},
    "PILLOW": lambda entry: _has_core(entry) and entry.contract == "sandbox",
    # An application with errors of its own validates and serialises by itself.
    "JSON_ENCODER": lambda entry: _has_core(entry) and not entry.own_errors,
    "RESPONSE_MODEL": lambda entry: entry.framework == "fastapi" and entry.own_errors,
    "MIDDLEWARE": lambda entry: entry.framework in STARLETTE_BASED,
    **dict.fromkeys(IN_CORE, _has_core),
    **{name: partial(_server_follows, name) for name in OF_SERVERS},
}


def has_effect(entry: StackEntry, variable: str, inference: str | None = None) -> bool:
    """Return whether the variable changes anything on this stack; ``inference`` is where its models run now."""
    return ON_ENTRIES.get(variable, _always)(entry) and _in_inference(variable, inference or entry.inference)


def refuse_without_effect(entry: StackEntry, environ: Mapping[str, str], inference: str) -> None:
    """Raise SettingsError for the first variable that is set and has no effect on this stack."""
    for name in dict.fromkeys((*ON_ENTRIES, *IN_INFERENCE, *VARIABLES)):
        if not environ.get(name) or has_effect(entry, name, inference):
            continue
        if not ON_ENTRIES.get(name, _always)(entry):
            raise SettingsError(f"{name} must be left out: {entry.name} has no such setting")
        raise SettingsError(f"{name} must be left out: it has no effect where inference is {inference}")


def _in_inference(variable: str, inference: str) -> bool:
    return variable not in IN_INFERENCE or inference in IN_INFERENCE[variable]


def _always(_entry: StackEntry) -> bool:
    return True
