"""Which Python runs a user's command in a checkout, and makes environments for it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from stackduel.model.errors import LaunchError
from stackduel.model.stack import StackSource
from stackduel.planning.interpreter_lookup import command_python, environment_python


def usual_python(folders: Iterable[Path], environ: Mapping[str, str]) -> Path | None:
    """Return the interpreter of the active virtual environment, else of .venv in a folder; None without either.

    The environment that stackduel itself runs in comes last.
    """
    active = environ.get("VIRTUAL_ENV")
    environments = [*([Path(active)] if active else []), *(folder / ".venv" for folder in folders)]
    found = [python for each in environments if (python := environment_python(each))]
    return next((each for each in found if each.parent != Path(sys.executable).parent), next(iter(found), None))


def making_python(command: StackSource, environ: Mapping[str, str]) -> Path:
    """Return the interpreter that makes environments: the command's, else the shell's, else our own.

    Where each side has an environment of its own, the command need not be found in any other.
    """
    try:
        return command_python(command, environ)
    except LaunchError:
        return Path(shutil.which("python3", path=environ.get("PATH")) or sys.executable)
