"""The commands that take a new stacks file: each works as it stands, in the folder where the file was asked for."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from stackduel.application.current_command import found_command
from stackduel.application.found_application import FoundApplication
from stackduel.application.interpreter import chosen_path
from stackduel.application.stacks_text import StacksPlace, relative_to
from stackduel.checkouts.git import commit_of, git, repository_of
from stackduel.model.application import CurrentCommand, Interface
from stackduel.model.errors import FieldError
from stackduel.planning.tune_commands import default_command
from stackduel.search.tune_grid import candidates_for

# As ``stackduel pr`` finds it.
USUAL_FILE = "stackduel.toml"
USUAL_BRANCHES = ("main", "master", "trunk", "develop")
CLIENTS = 64
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./{}-]+")


@dataclass(frozen=True, slots=True)
class NextCommand:
    """A command for a shell, and what it is for."""

    about: str
    line: str


def next_commands(
    found: FoundApplication, place: StacksPlace, interface: Interface | None = None
) -> tuple[NextCommand, ...]:
    """Return what the user may type next; ``interface`` is the one that was given."""
    file = _quoted(relative_to(place.path, place.root))
    commands = [
        NextCommand("Measure it", f"stackduel run --stacks-file {file}"),
        NextCommand("Check it again after a change", f"stackduel verify --stacks-file {file}"),
    ]
    if candidates_for(found.application, 1, CLIENTS):
        commands.append(NextCommand("Find the command that serves it best", _tune(found, place, interface)))
    if base := _base(place.root):
        option = "" if file == USUAL_FILE else f" --stacks-file {file}"
        other = "the last commit" if base == "HEAD" else base
        about = f"See whether the working tree is slower than {other}"
        commands.append(NextCommand(about, f"stackduel pr --base {_quoted(base)}{option}"))
    return tuple(commands)


def _tune(found: FoundApplication, place: StacksPlace, interface: Interface | None) -> str:
    folder = Path(found.application.folder)
    words = ["stackduel", "tune", str(found.application.name), "--requests", relative_to(place.path, folder)]
    if chosen_path(None, folder)[0] != found.application.interpreter.path:
        words += ["--python", _path(found.application.interpreter.path, folder, place)]
    if interface is not None:
        words += ["--interface", interface]
    if not _is_found(found, folder, os.environ):
        words += ["--current", _in_words(found.command)]
    line = shlex.join(words)
    return line if folder == place.root else f"(cd {_quoted(relative_to(folder, place.root))} && {line})"


def _in_words(command: CurrentCommand) -> str:
    """Return a command with its variables as a text, with as few quotes in it as it takes."""
    words = (*(f"{name}={value}" for name, value in command.env.items()), *command.argv)
    return " ".join(word if PLAIN.fullmatch(word) else shlex.quote(word) for word in words)


def _path(path: PurePath, folder: Path, place: StacksPlace) -> str:
    return relative_to(path, folder) if place.holds(path) else str(path)


def _is_found(found: FoundApplication, folder: Path, environ: Mapping[str, str]) -> bool:
    """Return whether ``stackduel tune`` finds the same command by itself."""
    by_files = found_command(folder, found.application.name.module, environ).command
    try:
        expected = by_files or default_command(found.application)
    except FieldError:
        return False
    return (expected.argv, dict(expected.env)) == (found.command.argv, dict(found.command.env))


def _base(folder: Path) -> str | None:
    """Return the commit to compare the working tree with: the branch that others start from; None without a commit."""
    try:
        repository = repository_of(folder)
    except FieldError:
        return None
    for name in (_default_branch(repository), *USUAL_BRANCHES, "HEAD"):
        try:
            if name and commit_of(repository, "--base", name):
                return name
        except FieldError:
            continue
    return None


def _default_branch(repository: Path) -> str | None:
    try:
        return git(repository, ("symbolic-ref", "--short", "--quiet", "refs/remotes/origin/HEAD")).strip() or None
    except FieldError:
        return None


def _quoted(text: str) -> str:
    return shlex.quote(text)
