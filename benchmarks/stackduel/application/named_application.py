"""The application that a command line names: ``module:name``, a factory, and the folder that it is imported from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackduel.application.application_probe import application_name
from stackduel.model.application import ApplicationName
from stackduel.model.command_lines import CommandOptions, server_place
from stackduel.model.errors import FieldError

# Options that change the folder that an application is imported from.
FOLDERS = ("--chdir", "--app-dir", "--pythonpath", "--working-dir")
# Options whose value may look like an application, and is none.
OTHERS = frozenset({
    "-c", "--config", "-k", "--worker-class", "-n", "--name", "--log-config", "--logger-class", "--loop", "--http",
    "--ws", "--interface", "--log-level", "--user", "-u", "--group", "-g", "-m", "--env", "-e",
})  # fmt: skip
FACTORY_FLAGS = frozenset({"--factory", "--call"})
# What starts a server in the framework's own words: ``flask --app shop run``.
FLASK_APP = ("--app", "-A")


@dataclass(frozen=True, slots=True)
class NamedApplication:
    """The names that a command may mean, the likeliest first; ``folder`` is empty where it imports from its own."""

    names: tuple[ApplicationName, ...]
    folder: str = ""


def application_in(argv: Sequence[str]) -> NamedApplication | None:
    """Return what the command of a known server names; None if it starts none, ``names`` empty if it names nothing."""
    place = server_place(argv)
    if place is None:
        return None
    words = argv[place + 1 :]
    found = [*_names(words)]
    # Only a word with a colon is surely one; of the others the caller sees which is a module.
    found.sort(key=lambda name: not name.name)
    called = bool(FACTORY_FLAGS & {*words})
    names = tuple(
        ApplicationName(each.module, each.name, each.called or (called and bool(each.name))) for each in found
    )
    return NamedApplication(names, CommandOptions(words).text(*FOLDERS) or "")


def flask_application(argv: Sequence[str]) -> str | None:
    """Return what ``flask --app NAME run`` names; None for any other command."""
    return CommandOptions(argv[1:]).text(*FLASK_APP) if argv and argv[0].endswith("flask") else None


def _names(words: Sequence[str]) -> Iterator[ApplicationName]:
    before = ""
    for word in words:
        if not word.startswith("-") and before not in OTHERS and before not in FOLDERS:
            try:
                name = application_name(word)
            except FieldError:
                name = None
            if name is not None and not any(part[:1].isdigit() for part in (*name.module.split("."), name.name)):
                yield name
        before = word
