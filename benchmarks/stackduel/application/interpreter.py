"""Which interpreter the user's application runs with: the one that was named, else the nearest environment's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackduel.model.application import Interpreter
from stackduel.model.errors import FieldError
from stackduel.planning.interpreter_lookup import environment_python, named_python

OLDEST = (3, 10)
MOST_SECONDS = 10.0
ENVIRONMENTS = (".venv", "venv")
# Nothing newer than Python 2.7 is needed to answer.
QUESTION = """
import json, platform, sys, sysconfig
print(json.dumps([list(sys.version_info[:3]), platform.python_implementation(),
    sysconfig.get_config_var("SOABI") or sys.version.split()[0]]))
"""


def choose_interpreter(
    named: str | None, folder: Path, environ: Mapping[str, str] = os.environ, root: Path | None = None
) -> Interpreter:
    """Return the interpreter of the user's application, which lies in ``folder``.

    That is the ``named`` one, else that of the active virtual environment, else that of ``.venv`` or ``venv`` in the
    folder or one above it within the same checkout, else stackduel's own. ``root`` is the top of what is no checkout of
    git. Raises FieldError if it cannot be started or is older than the probe needs.
    """
    return _asked(*chosen_path(named, folder, environ, root))


def chosen_path(
    named: str | None, folder: Path, environ: Mapping[str, str] = os.environ, root: Path | None = None
) -> tuple[Path, str]:
    """Return which interpreter is chosen and why, without starting it; raises FieldError if the named one is none."""
    return next(_candidates(named, folder, environ, root or folder))


def _candidates(named: str | None, folder: Path, environ: Mapping[str, str], root: Path) -> Iterator[tuple[Path, str]]:
    if named is not None:
        yield named_python(named, Path.cwd(), "--python", environ), "named by --python"
    active = environ.get("VIRTUAL_ENV")
    # Where stackduel itself is started by an environment's activation, its own interpreter is that environment's.
    if active and (path := environment_python(Path(active))):
        yield path, "the active virtual environment"
    for place in _places(folder, root):
        for name in ENVIRONMENTS:
            if path := environment_python(place / name):
                yield path, f"{name} in {place}"
    yield Path(sys.executable), "stackduel's own, because no virtual environment is active and none lies here"


def _places(folder: Path, root: Path) -> Iterator[Path]:
    """Yield the folder, and those above it up to the root of its checkout, or to ``root`` where there is no git."""
    yield folder
    above = [*folder.parents]
    roots = [*(place for place in (folder, *above) if (place / ".git").exists()), root]
    if roots[0] in above:
        yield from above[: above.index(roots[0]) + 1]


def _asked(path: Path, chosen_by: str) -> Interpreter:
    command = [str(path), "-I", "-S", "-c", QUESTION]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=MOST_SECONDS, check=True, text=True).stdout
        version, implementation, abi = json.loads(answer)
    except OSError as error:
        raise FieldError(f"--python: {path} cannot be started: {error.strerror}") from error
    except (subprocess.SubprocessError, ValueError) as error:
        raise FieldError(f"--python: {path} does not answer as an interpreter of Python 3") from error
    shown = ".".join(map(str, version))
    if tuple(version) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise FieldError(f"--python: {path} is Python {shown}; the application is probed with Python {needed} or newer")
    if implementation != "CPython":
        raise FieldError(f"--python: {path} is {implementation}; the application is probed with CPython")
    return Interpreter(path, shown, abi, chosen_by)
