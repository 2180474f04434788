"""How each server is started: its command line for one stack's settings.

All servers keep idle connections for 75 s, trust no proxy's headers, write no access log, and stop within seconds on
SIGTERM.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from stackduel_servers.options import GRACE_S, KEEP_ALIVE_S, Listen, Options
from stackduel_servers.registry import StackEntry

# The arguments after the interpreter: ``-m MODULE`` and the module's options.
CommandLine = tuple[str, ...]

# The number of sockets that select() can watch on Windows, minus the listening ones.
MOST_SELECTED = 500


def command(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of the stack's server."""
    return COMMANDS[entry.server](entry, options)


def downstream(listen: Listen) -> CommandLine:
    """Return the command line of the IO backend."""
    return (
        *("-m", "stackduel_servers.downstream"),
        *("--host", listen.host),
        *("--port", str(listen.port)),
        *("--backlog", str(listen.backlog)),
    )


def gunicorn(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Gunicorn with the entry's worker class.

    Forked workers share one loaded application, except under gevent, which must patch the standard library first.
    """
    worker_class = entry.worker_class or "gthread"
    return (
        *("-m", "gunicorn", entry.app),
        *("--config", "python:stackduel_servers.gunicorn_config"),
        *("--bind", options.listen.address),
        *("--worker-class", worker_class),
        *("--workers", str(options.workers)),
        *("--threads", str(options.threads)),
        *(("--worker-connections", str(options.connections)) if options.connections else ()),
        *(("--asgi-loop", options.loop) if options.loop else ()),
        *(() if worker_class == "gevent" else ("--preload",)),
        *("--backlog", str(options.listen.backlog)),
        *("--keep-alive", str(KEEP_ALIVE_S)),
        *("--graceful-timeout", str(GRACE_S)),
    )


def uvicorn(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Uvicorn with httptools."""
    return (
        *("-m", "uvicorn", entry.app),
        *("--host", options.listen.host),
        *("--port", str(options.listen.port)),
        *("--workers", str(options.workers)),
        *("--loop", options.loop or "asyncio"),
        *("--http", "httptools"),
        *("--ws", "none"),
        *("--lifespan", "on"),
        *("--backlog", str(options.listen.backlog)),
        *("--timeout-keep-alive", str(KEEP_ALIVE_S)),
        *("--timeout-graceful-shutdown", str(GRACE_S)),
        "--no-access-log",
        "--no-proxy-headers",
        "--no-use-colors",
    )


def hypercorn(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Hypercorn; a single worker runs in the process that is started."""
    return (
        *("-m", "hypercorn", entry.app),
        *("--config", "python:stackduel_servers.hypercorn_config"),
        *("--bind", options.listen.address),
        *("--workers", str(options.workers if options.workers > 1 else 0)),
        *("--worker-class", options.loop or "asyncio"),
        *("--backlog", str(options.listen.backlog)),
        *("--keep-alive", str(KEEP_ALIVE_S)),
        *("--graceful-timeout", str(GRACE_S)),
    )


def waitress(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Waitress, one process of threads.

    select() fails beyond 1024 sockets, so poll() watches them. Windows has no poll(), and its select() watches 512:
    further connections wait there to be accepted.
    """
    has_poll = sys.platform != "win32"
    connections = options.connections or MOST_SELECTED
    return (
        *("-m", "stackduel_servers.waitress_runner"),
        *("--listen", options.listen.address),
        *("--threads", str(options.threads)),
        *("--connection-limit", str(connections if has_poll else min(connections, MOST_SELECTED))),
        *("--channel-timeout", str(KEEP_ALIVE_S)),
        *("--backlog", str(options.listen.backlog)),
        *(("--asyncore-use-poll",) if has_poll else ()),
        entry.app,
    )


def tritonserver(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Triton: one instance of each model per worker, on the port of the entry's protocol."""
    protocol = "grpc" if entry.protocol == "kserve-grpc" else "http"
    return (
        *("-m", "stackduel_servers.triton"),
        *("--host", options.listen.host),
        *(f"--{protocol}-port", str(options.listen.port)),
        *("--instances", str(options.workers)),
    )


COMMANDS: Mapping[str, Callable[[StackEntry, Options], CommandLine]] = {
    "gunicorn": gunicorn,
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "waitress": waitress,
    "tritonserver": tritonserver,
}
