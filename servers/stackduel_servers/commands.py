"""How each server is started: its command line for one stack's settings.

All servers keep idle connections for 75 s, trust no proxy's headers, write no access log unless it is asked for, and
stop within seconds on SIGTERM.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from stackduel_servers.core.websockets.limits import MOST_BYTES_OF_SERVERS
from stackduel_servers.options import GRACE_S, KEEP_ALIVE_S, Listen, Options
from stackduel_servers.registry import StackEntry
from stackduel_servers.start_variables import MAX_CONNECTIONS

# The arguments after the interpreter: ``-m MODULE`` and the module's options.
CommandLine = tuple[str, ...]

# uvicorn-worker's class, with the settings of Uvicorn that Gunicorn has no options for.
UVICORN_WORKER = "stackduel_servers.uvicorn_workers.QuietUvicornWorker"

# aiohttp's worker class for each event loop.
AIOHTTP_WORKERS = {"uvloop": "aiohttp.GunicornUVLoopWebWorker", "asyncio": "aiohttp.GunicornWebWorker"}

# Uvicorn alone would send a ping every 20 s, and cannot be told not to: no connection here lasts for so long.
NO_PINGS_S = "86400"

# Granian's bounds.
LEAST_BACKLOG, LONGEST_IDLE_S = 128, 60

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

    Forked workers share one loaded application, except under gevent, which must patch the standard library first, and
    under the worker classes of other packages, whose documentation starts them without.
    """
    worker_class = entry.worker_class or "gthread"
    return (
        *("-m", "gunicorn", entry.app),
        *("--config", "python:stackduel_servers.gunicorn_config"),
        *("--bind", options.listen.address),
        *("--worker-class", _worker_class(worker_class, options.loop)),
        *("--workers", str(options.workers)),
        *("--threads", str(options.threads)),
        *(("--worker-connections", str(options.connections)) if options.connections else ()),
        *(("--asgi-loop", options.loop) if worker_class == "asgi" and options.loop else ()),
        *(() if worker_class in {"gevent", "uvicorn", "aiohttp"} else ("--preload",)),
        *("--backlog", str(options.listen.backlog)),
        *("--keep-alive", str(KEEP_ALIVE_S)),
        *("--graceful-timeout", str(GRACE_S)),
        *(("--timeout", str(options.worker_timeout_s)) if options.worker_timeout_s else ()),
        *_recycling("--max-requests", options),
        *(("--access-logfile", "-") if options.access_log else ()),
    )


def uvicorn(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Uvicorn.

    A single worker that has answered its requests would end the server, because Uvicorn supervises only two or more:
    then a module of ours puts its supervisor over the one.
    """
    is_alone = options.max_requests and options.workers == 1
    return (
        *("-m", "stackduel_servers.uvicorn_runner" if is_alone else "uvicorn", entry.app),
        *("--host", options.listen.host),
        *("--port", str(options.listen.port)),
        *("--workers", str(options.workers)),
        *("--loop", options.loop or "asyncio"),
        *("--http", options.http_parser or "httptools"),
        *("--ws", "auto"),
        *("--ws-max-size", str(MOST_BYTES_OF_SERVERS)),
        *("--ws-ping-interval", NO_PINGS_S),
        *("--lifespan", "on"),
        *("--backlog", str(options.listen.backlog)),
        *("--timeout-keep-alive", str(KEEP_ALIVE_S)),
        *("--timeout-graceful-shutdown", str(GRACE_S)),
        *_recycling("--limit-max-requests", options),
        "--access-log" if options.access_log else "--no-access-log",
        "--no-proxy-headers",
        "--no-use-colors",
    )


def hypercorn(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Hypercorn; a single worker runs in the process that is started, unless it ends."""
    in_process = options.workers == 1 and not options.max_requests
    return (
        *("-m", "hypercorn", entry.app),
        *("--config", "python:stackduel_servers.hypercorn_config"),
        *("--bind", options.listen.address),
        *("--workers", str(0 if in_process else options.workers)),
        *("--worker-class", options.loop or "asyncio"),
        *("--backlog", str(options.listen.backlog)),
        *("--keep-alive", str(KEEP_ALIVE_S)),
        *("--graceful-timeout", str(GRACE_S)),
        *_recycling("--max-requests", options),
        *(("--access-logfile", "-") if options.access_log else ()),
    )


def granian(entry: StackEntry, options: Options) -> CommandLine:
    """Return the command line of Granian; runtime threads and runtime mode are its own, as its README recommends.

    Connections count towards its backpressure while they are kept alive, so the README has it above their number. It
    closes idle connections after the time for a request's head, which can be 60 s at most.
    """
    is_wsgi = entry.holds == "thread"
    return (
        *("-m", "granian", entry.app),
        *("--interface", "wsgi" if is_wsgi else "asgi"),
        *("--host", options.listen.host),
        *("--port", str(options.listen.port)),
        *("--workers", str(options.workers)),
        *(("--blocking-threads", str(options.threads)) if is_wsgi else ()),
        *("--loop", options.loop or "asyncio"),
        *("--http", "1"),
        "--no-ws" if is_wsgi else "--ws",
        *("--backlog", str(max(options.listen.backlog, LEAST_BACKLOG))),
        *("--backpressure", str(options.connections or MAX_CONNECTIONS)),
        *("--http1-header-read-timeout", str(min(KEEP_ALIVE_S, LONGEST_IDLE_S) * 1000)),
        *("--workers-kill-timeout", str(GRACE_S)),
        "--access-log" if options.access_log else "--no-access-log",
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


def _worker_class(name: str, loop: str | None) -> str:
    """Return what Gunicorn knows the worker class by: its own by their names, others by their modules."""
    if name == "aiohttp":
        return AIOHTTP_WORKERS[loop or "asyncio"]
    return UVICORN_WORKER if name == "uvicorn" else name


def _recycling(option: str, options: Options) -> CommandLine:
    """Return the options that replace a worker after so many requests; the jitter's has the same name and an end."""
    if options.max_requests is None:
        return ()
    return (option, str(options.max_requests), f"{option}-jitter", str(options.max_requests_jitter))


COMMANDS: Mapping[str, Callable[[StackEntry, Options], CommandLine]] = {
    "gunicorn": gunicorn,
    "uvicorn": uvicorn,
    "hypercorn": hypercorn,
    "granian": granian,
    "waitress": waitress,
    "tritonserver": tritonserver,
}
