"""The command lines of the known servers: read for the slots that they give, and written for a reader to type."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from stackduel.model.stack_facts import StackFacts
from stackduel_servers.effects import IN_APPLICATION

# What a reader types in place of ``{port}`` and ``{host}``.
PORT, HOST = "8000", "127.0.0.1"
# Workers of a stack that has them by the CPU: the number differs between this host and the reader's.
PER_CPU: Mapping[object, str] = {"cpu": '"$(nproc)"', "2cpu+1": '"$((2 * $(nproc) + 1))"'}
UVICORN_WORKER = "uvicorn_worker.UvicornWorker"
AIOHTTP_WORKERS: Mapping[str, str] = {
    "uvloop": "aiohttp.GunicornUVLoopWebWorker",
    "asyncio": "aiohttp.GunicornWebWorker",
}
_NEEDS_CONNECTIONS = frozenset({"gthread", "gevent", "eventlet"})


def shell_line(facts: StackFacts) -> str | None:
    """Return the line that starts a stack; None if it runs elsewhere or needs more than a line."""
    if facts.command:
        return shlex.join(word.replace("{port}", PORT).replace("{host}", HOST) for word in facts.command)
    if facts.image:
        return shlex.join(("docker", "run", "--rm", "-p", f"{PORT}:{facts.container_port}", facts.image))
    words = _WRITERS.get(facts.server or "")
    if words is None or facts.app is None or facts.companion:
        return None
    return " ".join((*_read_by_the_core(facts), *words(facts), shlex.quote(facts.app)))


def install_line(facts: StackFacts) -> str | None:
    """Return the line that installs what the line of a stack needs first; None if it needs nothing."""
    return shlex.join(("pip", "install", *facts.requirements)) if facts.requirements else None


def _gunicorn_line(facts: StackFacts) -> Iterator[str]:
    yield "gunicorn"
    yield from _option("--worker-class", _worker_class(facts))
    yield from _workers(facts)
    yield from _option("--threads", facts.threads if facts.worker_class == "gthread" else None)
    yield from _option("--worker-connections", facts.connections if facts.worker_class in _NEEDS_CONNECTIONS else None)
    yield from _option("--asgi-loop", facts.loop if facts.worker_class == "asgi" else None)
    yield from _option("--backlog", _setting(facts, "BACKLOG"))
    yield from _option("--timeout", _setting(facts, "WORKER_TIMEOUT_S"))
    yield from _recycling("--max-requests", facts)


def _worker_class(facts: StackFacts) -> str | None:
    """Return what Gunicorn knows the worker class by: its own by their names, others by their modules."""
    if facts.worker_class == "aiohttp":
        return AIOHTTP_WORKERS[facts.loop or "asyncio"]
    return UVICORN_WORKER if facts.worker_class == "uvicorn" else facts.worker_class


def _uvicorn_line(facts: StackFacts) -> Iterator[str]:
    yield "uvicorn"
    yield from _workers(facts)
    yield from _option("--loop", facts.loop)
    yield from ("--http", _setting(facts, "HTTP_PARSER") or "httptools")
    yield from _option("--backlog", _setting(facts, "BACKLOG"))
    yield from _recycling("--limit-max-requests", facts)


def _hypercorn_line(facts: StackFacts) -> Iterator[str]:
    yield "hypercorn"
    yield from _workers(facts)
    yield from _option("--worker-class", facts.loop)
    yield from _option("--backlog", _setting(facts, "BACKLOG"))
    yield from _recycling("--max-requests", facts)


def _granian_line(facts: StackFacts) -> Iterator[str]:
    is_wsgi = facts.loop is None
    yield from ("granian", "--interface", "wsgi" if is_wsgi else "asgi")
    yield from _workers(facts)
    yield from _option("--blocking-threads", facts.threads if is_wsgi else None)
    yield from _option("--backpressure", facts.connections)
    yield from _option("--loop", facts.loop)


def _waitress_line(facts: StackFacts) -> Iterator[str]:
    yield "waitress-serve"
    yield from _option("--threads", facts.threads)
    yield from _option("--connection-limit", facts.connections)


def _read_by_the_core(facts: StackFacts) -> Iterator[str]:
    """Yield the settings that no server knows, as a shell sets them for one command."""
    for name, value in (facts.settings or {}).items():
        if name in IN_APPLICATION:
            yield f"{name}={shlex.quote(value)}"


def _recycling(option: str, facts: StackFacts) -> Iterator[str]:
    most = int(_setting(facts, "MAX_REQUESTS") or 0)
    if most:
        yield from (option, str(most))
        yield from (f"{option}-jitter", _setting(facts, "MAX_REQUESTS_JITTER") or str(most // 10))


def _setting(facts: StackFacts, name: str) -> str | None:
    return (facts.settings or {}).get(name)


def _workers(facts: StackFacts) -> Iterator[str]:
    if facts.workers in PER_CPU:
        yield from ("--workers", PER_CPU[facts.workers])
    else:
        yield from _option("--workers", facts.worker_count)


def _option(name: str, value: object) -> Iterator[str]:
    if value is not None:
        yield from (name, shlex.quote(str(value)))


_WRITERS: Mapping[str, Callable[[StackFacts], Iterator[str]]] = {
    "gunicorn": _gunicorn_line,
    "uvicorn": _uvicorn_line,
    "hypercorn": _hypercorn_line,
    "granian": _granian_line,
    "waitress": _waitress_line,
}


@dataclass(frozen=True, slots=True)
class ServerSlots:
    """How many requests a server can hold at once, None for as many as come; and its workers and threads, if any."""

    slots: int | None
    workers: int
    threads: int | None = None


# Gunicorn's own, for the workers that hold a connection each.
USUAL_CONNECTIONS = 1000
WAITRESS_THREADS = 4
_EVENTED = frozenset({"gevent", "eventlet"})
_THREADED = frozenset({"sync", "gthread"})
# Parts of the names of other packages' worker classes: uvicorn_worker.UvicornWorker, aiohttp.GunicornWebWorker.
_ASYNC = ("uvicorn", "aiohttp")
# A file, or a variable, may set what the command line does not say.
_ELSEWHERE = ("-c", "--config")
_VARIABLES = (
    *("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"),
    *("GRANIAN_INTERFACE", "GRANIAN_WORKERS", "GRANIAN_BLOCKING_THREADS"),
)


def slots_of_command(argv: Sequence[str], env: Mapping[str, str]) -> ServerSlots | None:
    """Return the slots of a server that is started by this command; None if the command line does not tell."""
    place = server_place(argv)
    if place is None or any(variable in env for variable in _VARIABLES):
        return None
    try:
        return _READERS[PurePath(argv[place]).name](CommandOptions(argv[place + 1 :]))
    except ValueError:
        return None


def server_place(argv: Sequence[str]) -> int | None:
    """Return which word of a command names a known server: its program, or the module behind ``-m``."""
    for place, word in enumerate(argv):
        if PurePath(word).name in _READERS and (not place or argv[place - 1] == "-m" or word == argv[0] or "/" in word):
            return place
    return None


class CommandOptions:
    """The options of a command line, as ``--name value``, ``--name=value``, ``-n value`` or ``-nvalue``."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words

    def text(self, *names: str) -> str | None:
        """Return the last value of an option, under any of its names."""
        found = None
        for place, word in enumerate(self._words):
            for name in names:
                if word == name and place + 1 < len(self._words):
                    found = self._words[place + 1]
                elif name.startswith("--") and word.startswith(f"{name}="):
                    found = word.partition("=")[2]
                elif not name.startswith("--") and word.startswith(name) and word[2:].isdigit():
                    found = word[2:]
        return found

    def number(self, usual: int, *names: str) -> int:
        """Return the value of an option as a number from 1 on; raises ValueError for any other."""
        text = self.text(*names)
        value = usual if text is None else int(text)
        if value < 1:
            raise ValueError(names)
        return value


def _gunicorn(options: CommandOptions) -> ServerSlots | None:
    if options.text(*_ELSEWHERE) is not None:
        return None
    workers, threads = options.number(1, "-w", "--workers"), options.number(1, "--threads")
    kind = options.text("-k", "--worker-class") or "sync"
    if kind in _THREADED:
        return ServerSlots(workers * threads, workers, threads)
    if kind in _EVENTED:
        return ServerSlots(workers * options.number(USUAL_CONNECTIONS, "--worker-connections"), workers)
    return ServerSlots(None, workers) if kind == "asgi" or any(name in kind for name in _ASYNC) else None


def _of_events(options: CommandOptions) -> ServerSlots | None:
    return None if options.text(*_ELSEWHERE) is not None else ServerSlots(None, options.number(1, "-w", "--workers"))


def _single(_options: CommandOptions) -> ServerSlots:
    return ServerSlots(None, 1)


def _granian(options: CommandOptions) -> ServerSlots | None:
    workers = options.number(1, "--workers")
    if options.text("--interface") != "wsgi":
        return ServerSlots(None, workers)
    threads = options.text("--blocking-threads")
    return None if threads is None else ServerSlots(workers * int(threads), workers, int(threads))


def _waitress(options: CommandOptions) -> ServerSlots | None:
    threads = options.number(WAITRESS_THREADS, "--threads")
    return ServerSlots(threads, 1, threads)


_READERS: Mapping[str, Callable[[CommandOptions], ServerSlots | None]] = {
    "gunicorn": _gunicorn,
    "uvicorn": _of_events,
    "hypercorn": _of_events,
    "granian": _granian,
    "daphne": _single,
    "aiohttp.web": _single,
    "waitress": _waitress,
    "waitress-serve": _waitress,
}
