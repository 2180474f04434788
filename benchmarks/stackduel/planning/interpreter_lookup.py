"""Where interpreters are: in the folder of an environment, by their version, and behind a user's command."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.stack import Command, StackSource
from stackduel.planning.command_lookup import MEND, found_at, path_of

INSIDE = ("bin/python", "Scripts/python.exe")
VERSION = re.compile(r"3\.\d{1,2}(\.\d{1,2})?t?")
# The folders of pyenv's and uv's interpreters: 3.13.0, 3.13.0t, cpython-3.13.0+freethreaded-linux-x86_64-gnu.
KEPT_FOLDER = re.compile(r"(?:cpython-)?(?P<release>3\.\d+)\.(?P<patch>\d+)(?P<free>t|\+freethreaded)?(?:-.*)?")
# pyenv's stand-ins, which answer only for the versions that the folder's settings choose.
SHIMS = "shims"
MOST_LINE = 500


def environment_python(environment: Path) -> Path | None:
    """Return the interpreter of a virtual environment, None where the folder is none.

    It is not resolved: the link is what makes it the environment's.
    """
    found = (environment / inside for inside in INSIDE)
    return next((Path(os.path.abspath(path)) for path in found if path.is_file()), None)  # noqa: PTH100 - resolve() does


def named_python(text: str, folder: Path, where: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the interpreter that a text names: its path, the folder of its environment, or a version such as 3.12.

    Paths are relative to ``folder``. Raises FieldError that begins with ``where``.
    """
    path = Path(os.path.abspath(folder / Path(text).expanduser()))  # noqa: PTH100 - resolve() follows links
    if path.is_dir() and (inside := environment_python(path)):
        return inside
    if path.is_file():
        return path
    if VERSION.fullmatch(text):
        found = next(_of_version(text, environ), None)
        if found is None:
            raise FieldError(
                f"{where}: {text} is neither on PATH (python{text}) nor among the interpreters of pyenv and uv: name "
                "its path, or the folder of an environment made with it"
            )
        return found
    raise FieldError(
        f"{where}: must be an interpreter, such as .venv/bin/python, the folder of a virtual environment, or a version "
        f"such as 3.13, and {path} is none"
    )


def command_python(command: StackSource, environ: Mapping[str, str]) -> Path:
    """Return the interpreter that a command runs on: that of the program that is found, else the one it names.

    Raises LaunchError if the command is not found, or its interpreter cannot be told.
    """
    if not isinstance(command, Command):
        raise TypeError(command)
    program = found_at(command, environ)
    if program is None:
        raise LaunchError(f"{command.argv[0]} was not found: {MEND}")
    if program.name.startswith("python"):
        return program
    names = script_pythons(program)
    found = shutil.which(names[0], path=path_of(command, environ)) if names else command.python
    if found is None:
        raise LaunchError(f"{program}: its Python cannot be told: {MEND}")
    return Path(found)


def script_pythons(program: Path) -> list[str]:
    """Return the interpreters that the first line of a script names, none for any other program."""
    with program.open("rb") as file:
        line = file.readline(MOST_LINE).decode(errors="replace")
    words = line.removeprefix("#!").split() if line.startswith("#!") else []
    return [word for word in words if Path(word).name.startswith("python")]


def _of_version(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the interpreters of a version: those on PATH, then those that pyenv and uv keep, the newest first."""
    for place in environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(f"python{version}", path=place) if place else None
        if found and Path(place).name != SHIMS:
            yield Path(found)
    kept = {path: hit for path in _kept(environ) if (hit := KEPT_FOLDER.fullmatch(path.parent.parent.name))}
    for path in sorted(kept, key=lambda path: int(kept[path]["patch"]), reverse=True):
        free = "t" if kept[path]["free"] else ""
        if version in {f"{kept[path]['release']}{free}", f"{kept[path]['release']}.{kept[path]['patch']}{free}"}:
            yield path


def _kept(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the interpreters that pyenv and uv keep, each in a folder that its version names."""
    home = Path(environ.get("HOME") or Path.home())
    yield from Path(environ.get("PYENV_ROOT") or home / ".pyenv").glob("versions/*/bin/python")
    yield from home.glob(".local/share/uv/python/*/bin/python")
