"""Where a user's command is found: in the environment of its Python, or by chance in ours."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from stackduel.model.stack import Command

# Not resolved: the Python of a virtual environment is a link.
OWN_FOLDER = Path(sys.executable).parent
MEND = 'python = "path/to/venv/bin/python" names the environment that it is to run in'


def path_of(command: Command, environ: Mapping[str, str]) -> str:
    """Return the folders in which the command is looked for: its Python's first."""
    path = command.env.get("PATH", environ.get("PATH", os.defpath))
    return f"{command.python.parent}{os.pathsep}{path}" if command.python else path


def found_at(command: Command, environ: Mapping[str, str]) -> Path | None:
    """Return the program that the command starts; None if there is none."""
    program = command.words[0]
    if os.path.dirname(program):  # noqa: PTH120 - Path would drop the "./" that says where it is
        path = Path(command.folder, program)
        return path if path.is_file() else None
    found = shutil.which(program, path=path_of(command, environ))
    return Path(found) if found else None


def is_ours(command: Command, environ: Mapping[str, str]) -> bool:
    """Return whether the command happens to be found in the environment that stackduel itself runs in."""
    by_chance = command.python is None and not os.path.dirname(command.words[0])  # noqa: PTH120 - as above
    found = found_at(command, environ)
    return by_chance and found is not None and found.parent == OWN_FOLDER


def lookup_hint(command: Command, environ: Mapping[str, str]) -> str | None:
    """Return what the user may not know of a command that did not start: what was found, and what names another."""
    if found_at(command, environ) is None:
        return f"{command.words[0]} was not found: {MEND}, and its folder then comes first on PATH"
    if is_ours(command, environ):
        return f"The {command.words[0]} that was found is stackduel's own, without your packages: {MEND}"
    return None
