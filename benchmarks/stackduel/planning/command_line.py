"""Commands of the user's: a text or a list of words, run without a shell."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command
from stackduel.planning.fields import Fields
from stackduel.planning.interpreter_lookup import named_python

# Linux refuses a word of a command, or a variable, of more than 128 KiB.
MOST_WORD = 100_000
# What only a shell understands: a command would get it as an argument.
SHELL_WORD = re.compile(r"\|\|?|&&?|;|[0-9]?>>?(&[0-9])?|<")
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


def parse_words(where: str, name: str, table: Mapping[str, Any], fields: Fields) -> tuple[str, ...]:
    """Take the words of the command ``name`` out of the ``fields`` of a table, none if it is not given.

    Raises FieldError.
    """
    if not fields.given(name):
        fields.text(name, default="")
        return ()
    if isinstance(table.get(name), str):
        text = fields.text(name)
        try:
            words = tuple(shlex.split(text, posix=os.name != "nt"))
        except ValueError as error:
            raise FieldError(f"{where}: {name}: cannot be split into words: {error}") from error
    elif isinstance(table.get(name), list):
        words = fields.texts(name)
    else:
        raise FieldError(f"{where}: {name}: must be a text, or a list of words")
    if not words:
        raise FieldError(f"{where}: {name}: must hold at least one word")
    if any(len(word) > MOST_WORD or "\0" in word for word in words):
        raise FieldError(f"{where}: {name}: a word has at most {MOST_WORD} characters, and none of them is NUL")
    _refuse_shell(f"{where}: {name}", words)
    return words


def parse_surroundings(where: str, fields: Fields, env: Mapping[str, str], folder: Path) -> Command:
    """Return a command without words yet: its ``env``, and ``cwd`` and ``python`` of a table, relative to ``folder``.

    Raises FieldError if there is no such folder or no such Python.
    """
    cwd = _path(fields.text("cwd", default="."), folder)
    if fields.given("cwd") and not cwd.is_dir():
        raise FieldError(f"{where}: cwd: must be a folder, and {cwd} is none")
    named = fields.text("python", default="")
    python = named_python(named, folder, f"{where}: python") if named else None
    return Command((), env, cwd, python)


def _path(text: str, folder: Path) -> Path:
    """Return a path as the user means it, not resolved: the Python of a virtual environment is a link."""
    return Path(os.path.abspath(folder / Path(text).expanduser()))  # noqa: PTH100 - resolve() follows links


def _refuse_shell(where: str, words: tuple[str, ...]) -> None:
    if ASSIGNMENT.fullmatch(words[0]):
        raise FieldError(f"{where}: begins with {words[0]!r}: there is no shell, so variables belong into env")
    for word in words:
        if SHELL_WORD.fullmatch(word):
            raise FieldError(f'{where}: {word!r} needs a shell, and there is none: use a script, or ["sh", "-c", ...]')
