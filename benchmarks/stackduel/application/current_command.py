"""The command that starts the application today: as the user says it, else as the files of the checkout do."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stackduel.application.shell_words import StartedBy, commands_in
from stackduel.application.start_files import start_lines
from stackduel.model.application import CurrentCommand
from stackduel.model.bound_commands import PORT, bound
from stackduel.model.errors import FieldError
from stackduel.planning.command_line import MOST_WORD
from stackduel.planning.fields import shortened

GIVEN = "--current"


@dataclass(frozen=True, slots=True)
class FoundCommand:
    """The current command, None if there is none that can be read, and sentences on those that were passed over."""

    command: CurrentCommand | None
    notes: tuple[str, ...] = ()


def given_command(text: str, environ: Mapping[str, str] = os.environ) -> CurrentCommand:
    """Read the user's own ``--current``; raises FieldError."""
    if len(text) > MOST_WORD or "\0" in text:
        raise FieldError(f"{GIVEN}: at most {MOST_WORD} characters, and none of them NUL")
    try:
        started = commands_in(text, environ)
    except ValueError as error:
        raise FieldError(f"{GIVEN}: {error}") from error
    if len(started) != 1:
        raise FieldError(f"{GIVEN}: must be one command, without a shell: 'gunicorn shop.wsgi --workers 4'")
    found = server_command(started[0], GIVEN)
    if found is not None:
        return found
    if not any(PORT in word for word in (*started[0].argv, *started[0].env.values())):
        raise FieldError(
            f"{GIVEN}: {shortened(started[0].argv[0])!r} is no server that is known here: write {PORT} where its port "
            "belongs"
        )
    return CurrentCommand(started[0].argv, started[0].env, GIVEN)


def found_command(folder: Path, module: str, environ: Mapping[str, str] = os.environ) -> FoundCommand:
    """Return the command that the Procfile, the Dockerfile or the compose file of a folder starts.

    One that names the application's ``module`` comes before the others.
    """
    found: list[CurrentCommand] = []
    notes: list[str] = []
    for line in start_lines(folder, environ):
        if line.problem:
            notes.append(f"{line.origin} was passed over: {line.problem}.")
            continue
        servers = [each for started in line.started if (each := server_command(started, line.origin)) is not None]
        found += servers[-1:]
        if not servers and line.started:
            shown = shortened(shlex.join(line.started[-1].argv))
            notes.append(f"{line.origin} was passed over: {shown} starts no server that is known here.")
    named = [each for each in found if any(word.partition(":")[0] == module for word in each.argv)]
    chosen = next(iter(named or found), None)
    return FoundCommand(chosen, tuple(notes) if chosen is None else ())


def server_command(started: StartedBy, origin: str) -> CurrentCommand | None:
    """Return a command with its address left open; None if it starts no server that is known here."""
    command = bound(started.argv)
    return None if command is None else CurrentCommand(command.argv, started.env, origin, command.left_out)
