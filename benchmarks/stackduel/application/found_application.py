"""The user's application with the command that starts it: found in a checkout, or where the user names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePath

from stackduel.application.application_probe import USUAL_LIMITS, application_name, probe
from stackduel.application.current_command import found_command, server_command
from stackduel.application.interpreter import choose_interpreter
from stackduel.application.likely_applications import (
    LOOKED_FOR,
    LikelyApplication,
    home_of,
    likely_applications,
    stated_applications,
)
from stackduel.application.limited_process import ProcessLimits
from stackduel.application.named_application import application_in
from stackduel.application.start_files import start_lines
from stackduel.model.application import Application, ApplicationName, CurrentCommand, Interface
from stackduel.model.bound_commands import bound
from stackduel.model.command_lines import server_place
from stackduel.model.errors import FieldError
from stackduel.planning.command_line import SHELL_WORD
from stackduel.planning.tune_commands import default_command
from stackduel_servers.supported import PYTHON_SERVERS

# An import may take seconds.
MOST_PROBED = 8
LEAST_S = 1.0
NAMED = "named"
MEND = "name it: stackduel init module:name, such as shop.wsgi:app, or 'shop:create_app()' for a factory"


@dataclass(frozen=True, slots=True)
class ApplicationRequest:
    """The user's choices: a name, None for whatever is found in ``folder``; an interpreter; an interface."""

    name: str | None
    folder: Path
    python: str | None = None
    interface: Interface | None = None


@dataclass(frozen=True, slots=True)
class FoundApplication:
    """An application, which file named it, and the command that starts it; ``notes`` say why no other command."""

    application: Application
    origin: str
    command: CurrentCommand
    notes: tuple[str, ...] = ()


def find_application(
    asked: ApplicationRequest,
    say: Callable[[str], None],
    left_s: Callable[[], float] = lambda: USUAL_LIMITS.seconds,
    environ: Mapping[str, str] = os.environ,
) -> FoundApplication:
    """Import what may be the application, the likeliest first, and return the first that is one.

    An import may take what is left of the time, 60 s at most. Raises FieldError that lists what was looked for and what
    to type; where a file of the checkout states which it is, or the user does, with the error of its import.
    """
    failed: list[tuple[LikelyApplication, FieldError]] = []
    for each in islice(_wanted(asked, environ), MOST_PROBED):
        interpreter = choose_interpreter(asked.python, each.folder, environ, asked.folder)
        say(f"Importing {each.name} ({each.origin}) with {interpreter.path} ({interpreter.chosen_by}).")
        try:
            limits = ProcessLimits(max(LEAST_S, min(USUAL_LIMITS.seconds, left_s())))
            application = probe(each.name, interpreter, each.folder, asked.interface, limits)
        except FieldError as error:
            if each.stated and not _is_missing(each.name, str(error)):
                raise
            failed.append((each, error))
            continue
        command, notes = _command(each, application, asked.folder, environ)
        return FoundApplication(application, each.origin, command, notes)
    raise FieldError(_nothing(failed, found_command(asked.folder, "", environ).notes))


def _wanted(asked: ApplicationRequest, environ: Mapping[str, str]) -> Iterator[LikelyApplication]:
    if asked.name is None:
        yield from likely_applications(asked.folder, asked.interface, environ)
        return
    name = application_name(asked.name)
    stated = next(
        (each for each in stated_applications(asked.folder, environ) if each.name.module == name.module), None
    )
    folder = stated.folder if stated else home_of(asked.folder, name.module) or asked.folder
    yield LikelyApplication(name, NAMED, folder, stated.command if stated else None)


def _is_missing(name: ApplicationName, error: str) -> bool:
    """Return whether an import failed as the module itself is not there."""
    parts = name.module.split(".")
    return any(f"No module named '{'.'.join(parts[:count])}'" in error for count in range(1, len(parts) + 1))


def _nothing(failed: list[tuple[LikelyApplication, FieldError]], notes: tuple[str, ...]) -> str:
    """Return why there is no application, and what to type; ``notes`` are on commands that were passed over."""
    if not failed:
        looked = f"APP: no application was found here; looked for: {LOOKED_FOR}."
        return " ".join((looked, *notes, f"{MEND[0].upper()}{MEND[1:]}."))
    (first, error), *rest = failed
    tried = "".join(f"; {each.name} ({each.origin}) is none, either" for each, _ in rest)
    mend = (
        "" if first.origin == NAMED else f"\n{first.name} comes from {first.origin}{tried}. If it is another, {MEND}."
    )
    return f"{error}{mend}"


def _command(
    candidate: LikelyApplication, application: Application, folder: Path, environ: Mapping[str, str]
) -> tuple[CurrentCommand, tuple[str, ...]]:
    """Return the command of the file that names the application, if it can run here, else the usual one.

    Raises FieldError if no server is installed.
    """
    command = candidate.command or _nameless(folder, environ)
    if command is None:
        return default_command(application), ()
    if needy := next((word for word in command.argv if SHELL_WORD.fullmatch(word)), None):
        return default_command(application), (f"{command.origin} was passed over: {needy!r} needs a shell.",)
    found = bound(command.argv)
    server = found.server.removesuffix("-serve") if found else ""
    if server in PYTHON_SERVERS and server not in application.servers:
        note = f"{command.origin} starts {server}, which {application.interpreter.path} cannot import."
        return default_command(application), (note,)
    return replace(command, argv=_here(command.argv, candidate.folder)), ()


def _nameless(folder: Path, environ: Mapping[str, str]) -> CurrentCommand | None:
    """Return a command of the start files that leaves the application to a configuration file of its server."""
    for line in start_lines(folder, environ):
        for started in line.started:
            named = application_in(started.argv)
            if named is not None and not named.names:
                return server_command(started, line.origin)
    return None


def _here(argv: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Return a command as it can be started here: a program or interpreter of a container's is called by its name."""
    program = argv[0]
    if server_place(argv) == 2 and argv[1] == "-m":
        program = "python"
    elif "/" in program and not (folder / program).is_file():
        program = PurePath(program).name
    return (program, *argv[1:])
