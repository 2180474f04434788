"""A command of a known server with its address left open: it listens where its starter says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from stackduel.model.command_lines import CommandOptions, server_place

HOST, PORT = "{host}", "{port}"


@dataclass(frozen=True, slots=True)
class _Binding:
    """The options by which a server is told where to listen, and those that say it to be told here."""

    replaced: frozenset[str]
    said: tuple[str, ...]


_LISTENS: Mapping[str, _Binding] = {
    "gunicorn": _Binding(frozenset({"-b", "--bind"}), ("--bind", f"{HOST}:{PORT}")),
    "uvicorn": _Binding(frozenset({"--host", "--port", "--uds", "--fd"}), ("--host", HOST, "--port", PORT)),
    "hypercorn": _Binding(frozenset({"-b", "--bind", "--insecure-bind", "--quic-bind"}), ("--bind", f"{HOST}:{PORT}")),
    "granian": _Binding(frozenset({"--host", "--port", "--uds"}), ("--host", HOST, "--port", PORT)),
    "daphne": _Binding(
        frozenset({"-b", "--bind", "-p", "--port", "-u", "--unix-socket", "--fd", "-e", "--endpoint"}),
        ("-b", HOST, "-p", PORT),
    ),
    "waitress-serve": _Binding(
        frozenset({"--listen", "--host", "--port", "--unix-socket"}), (f"--listen={HOST}:{PORT}",)
    ),
    "aiohttp.web": _Binding(
        frozenset({"-H", "--hostname", "-P", "--port", "-U", "--path"}), ("--hostname", HOST, "--port", PORT)
    ),
}
# Options that make sense only where the command runs today: with a value of their own, and without one.
_ELSEWHERE = frozenset({"-p", "--pid", "--pidfile", "--reload-dir", "--reload-include", "--reload-exclude"})
_FLAGS_ELSEWHERE = frozenset({"--reload", "--daemon", "-D"})
_ACCESS_LOG = {"gunicorn": ("--access-logfile",), "hypercorn": ("--access-logfile", "--access-log")}


@dataclass(frozen=True, slots=True)
class BoundCommand:
    """A command with ``{host}`` and ``{port}`` in it: its ``server``, and the options that were ``left_out``."""

    argv: tuple[str, ...]
    server: str
    left_out: tuple[str, ...]


def bound(argv: Sequence[str]) -> BoundCommand | None:
    """Return the command of a known server with its address left open; None if it starts no known server."""
    place = server_place(argv)
    if place is None:
        return None
    name = PurePath(argv[place]).name
    # A module may have another name than the program: waitress, and waitress-serve.
    server = name if name in _LISTENS else f"{name}-serve"
    listens = _LISTENS[server]
    elsewhere = _ELSEWHERE - listens.replaced
    words = [*without_options(argv[place + 1 :], listens.replaced)]
    kept = [word for word in without_options(words, elsewhere) if word not in _FLAGS_ELSEWHERE]
    left_out = tuple(word for word in words if word.partition("=")[0] in elsewhere | _FLAGS_ELSEWHERE)
    # Options come before the application: what stands behind it may be read as belonging to it.
    return BoundCommand((*argv[: place + 1], *listens.said, *kept), server, left_out)


def logs_access(argv: Sequence[str]) -> bool:
    """Return whether a command of a known server has each request logged, which costs a good part of its rate."""
    place = server_place(argv)
    if place is None:
        return False
    words = argv[place + 1 :]
    match PurePath(argv[place]).name:
        case "gunicorn" | "hypercorn" as server:
            return CommandOptions(words).text(*_ACCESS_LOG[server]) is not None
        case "uvicorn":
            return "--no-access-log" not in words
        case "granian":
            return "--access-log" in words
        case _:
            return False


def without_options(words: Sequence[str], names: Collection[str]) -> Iterator[str]:
    """Yield the words of a command line without these options and their values."""
    values = iter(words)
    for word in values:
        if word in names:
            next(values, None)
        elif not _is_joined(word, names):
            yield word


def _is_joined(word: str, names: Collection[str]) -> bool:
    """Return whether a word is one of the options with its value: ``--bind=...``, or ``-b127.0.0.1``."""
    if word.startswith("--"):
        return word.partition("=")[0] in names and "=" in word
    return word.startswith("-") and len(word) > 2 and word[:2] in names
