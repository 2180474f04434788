"""The stacks of a tuning: the current command, and the same application under each candidate's command."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath

from stackduel.model.application import Application, CurrentCommand, ServerLayer
from stackduel.model.bound_commands import HOST, PORT, bound, logs_access, without_options
from stackduel.model.command_lines import CommandOptions, server_place, slots_of_command
from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, OwnSlots, Stack
from stackduel.model.tune_settings import CURRENT, TuneCandidate
from stackduel.planning.command_places import SLOTS_FROM

DEFAULT = "the default of the first server that is installed, as no command of yours was found"
LAYERED_DEFAULT = "the default of a server that your environment lacks, as no command of yours was found"
_SIZES: Mapping[str, frozenset[str]] = {
    "gunicorn": frozenset({"-w", "--workers", "-k", "--worker-class", "--threads", "--worker-connections"}),
    "uvicorn": frozenset({"--workers"}),
    "hypercorn": frozenset({"-w", "--workers"}),
    "granian": frozenset({"--workers", "--blocking-threads"}),
    "waitress-serve": frozenset({"--threads"}),
}
_DEFAULTS = {"wsgi": ("gunicorn", "waitress", "granian"), "asgi": ("uvicorn", "gunicorn", "hypercorn", "granian")}


def default_command(application: Application) -> CurrentCommand:
    """Return what most people begin with: the first server that is importable, without any option.

    One that lies beside the environment stands in only where there is no other. Raises FieldError if none is.
    """
    usual = [server for server in _DEFAULTS[application.interface] if server in application.servers]
    beginnings = {server: _default_words(server, application) for server in usual}
    installed = [words for words in beginnings.values() if _layer(words, application) is None]
    if installed:
        return CurrentCommand(installed[0], {}, DEFAULT)
    if beginnings:
        return CurrentCommand(next(iter(beginnings.values())), {}, LAYERED_DEFAULT)
    *some, last = _DEFAULTS[application.interface]
    raise FieldError(
        f"--python: {application.interpreter.path} can import no server for {application.interface.upper()}: "
        f"pip install {', '.join(some)} or {last}, or let --with-servers install them beside your environment"
    )


def _default_words(server: str, application: Application) -> tuple[str, ...]:
    # Without this class of workers Gunicorn could not serve it at all.
    kind = ("--worker-class", "asgi") if (server, application.interface) == ("gunicorn", "asgi") else ()
    return (*_beginning(server, application), *kind, *_ending(server, application))


def tune_stacks(
    application: Application, current: CurrentCommand, candidates: Collection[TuneCandidate]
) -> dict[str, Stack]:
    """Return the stacks by name: the current command first, which is the baseline."""
    slots = slots_of_command(current.argv, current.env)
    own = OwnSlots(slots.slots, SLOTS_FROM, slots.workers, slots.threads) if slots else None
    stacks = {CURRENT: _stack(CURRENT, "baseline", "as it is started today", current.argv, application, current, own)}
    for each in candidates:
        words = command_of(each, application, current)
        sizes = OwnSlots(each.slots, SLOTS_FROM, each.workers, each.threads)
        tier = _tier(each, current)
        stacks[each.stack] = _stack(each.stack, tier, "a candidate", words, application, current, sizes)
    return stacks


def is_current(candidate: TuneCandidate, current: CurrentCommand) -> bool:
    """Return whether a candidate is what the current command starts already."""
    found = bound(current.argv)
    slots = slots_of_command(current.argv, current.env)
    if found is None or slots is None or _program(candidate.server) != found.server:
        return False
    # Gunicorn takes its sync worker for one with threads if it has several.
    kind = worker_class_of(current) or ("sync" if (slots.threads or 1) == 1 else "gthread")
    threads = (slots.threads or 1) == (candidate.threads or 1)
    same_kind = candidate.worker_class is None or candidate.worker_class == kind
    return same_kind and threads and slots.workers == candidate.workers


def worker_class_of(current: CurrentCommand) -> str | None:
    """Return the worker class that the current command names; None where it names none."""
    place = server_place(current.argv)
    return None if place is None else CommandOptions(current.argv[place + 1 :]).text("-k", "--worker-class")


def command_of(candidate: TuneCandidate, application: Application, current: CurrentCommand) -> tuple[str, ...]:
    """Return the words that start the application under a candidate.

    On the server of the current command all of its other options stay as they are, the application included; with
    another one, only whether each request is logged.
    """
    found = bound(current.argv)
    if found is not None and found.server == _program(candidate.server):
        place = server_place(found.argv) or 0
        kept = without_options(found.argv[place + 1 :], _SIZES[found.server])
        return (*found.argv[: place + 1], *_sizes(candidate), *kept)
    server, logs = candidate.server, _LOGS[candidate.server][logs_access(current.argv)]
    return (*_beginning(server, application), *_sizes(candidate), *logs, *_ending(server, application))


def _stack(
    name: str,
    tier: str,
    summary: str,
    words: tuple[str, ...],
    application: Application,
    current: CurrentCommand,
    slots: OwnSlots | None,
) -> Stack:
    source = Command(words, dict(current.env), application.folder, PurePath(application.interpreter.path))
    layer = _layer(words, application)
    if layer is not None:
        behind = words[(server_place(words) or 0) + 1 :]
        started_as = (*layer.start, *behind) if layer.start else ()
        source = replace(source, started_as=started_as, requirements=layer.requirements)
    return Stack(name, tier, summary, source, assumed=True, slots=slots, host=application.host)


def _layer(words: tuple[str, ...], application: Application) -> ServerLayer | None:
    """Return where the server of a command lies beside the user's environment; None if it does not."""
    place = server_place(words)
    if place is None:
        return None
    server = PurePath(words[place]).name.removesuffix("-serve")
    kind = CommandOptions(words[place + 1 :]).text("-k", "--worker-class") or "sync"
    return application.layers.get((server, None)) or application.layers.get((server, kind))


def _tier(candidate: TuneCandidate, current: CurrentCommand) -> str:
    found = bound(current.argv)
    if found is None or found.server != _program(candidate.server):
        return "server"
    return "settings" if candidate.worker_class in {None, worker_class_of(current) or "sync"} else "worker-class"


def _program(server: str) -> str:
    """Return the program that starts a server."""
    return server if server in _SIZES else f"{server}-serve"


def _beginning(server: str, application: Application) -> tuple[str, ...]:
    """Return the program with the address, and of Granian the interface, which it does not find out by itself."""
    interface = ("--interface", application.interface) if server == "granian" else ()
    return (*_BEGINNINGS[server], *interface)


def _sizes(candidate: TuneCandidate) -> Iterator[str]:
    if candidate.worker_class is not None:
        yield from ("--worker-class", candidate.worker_class)
    if _program(candidate.server) == candidate.server:
        yield from ("--workers", str(candidate.workers))
    if candidate.threads is not None:
        name = "--blocking-threads" if candidate.server == "granian" else "--threads"
        yield from (name, str(candidate.threads))


def _ending(server: str, application: Application) -> tuple[str, ...]:
    """Return the words that name the application: of a factory as each server wants it."""
    name = application.name
    option = _FACTORY.get(_program(server))
    if not name.called or option is None:
        return (str(name),)
    return (option, f"{name.module}:{name.name}")


_FACTORY = {"uvicorn": "--factory", "granian": "--factory", "waitress-serve": "--call"}
_BEGINNINGS: Mapping[str, tuple[str, ...]] = {
    "gunicorn": ("gunicorn", "--bind", f"{HOST}:{PORT}"),
    "uvicorn": ("uvicorn", "--host", HOST, "--port", PORT),
    "hypercorn": ("hypercorn", "--bind", f"{HOST}:{PORT}"),
    "granian": ("granian", "--host", HOST, "--port", PORT),
    "waitress": ("waitress-serve", f"--listen={HOST}:{PORT}"),
}
# Without and with a line for each request.
_LOGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gunicorn": ((), ("--access-logfile", "-")),
    "uvicorn": (("--no-access-log",), ()),
    "hypercorn": ((), ("--access-logfile", "-")),
    "granian": ((), ("--access-log",)),
    "waitress": ((), ()),
}
