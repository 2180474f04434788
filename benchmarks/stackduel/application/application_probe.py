"""Asks the user's interpreter what an application is, in a process that is thrown away."""

from __future__ import annotations

import contextlib
import json
import keyword
import re
import tempfile
from pathlib import Path
from typing import Any

from stackduel.application.limited_process import ProcessLimits, run_limited
from stackduel.model.application import (
    Application,
    ApplicationName,
    ApplicationRoute,
    ImportableServer,
    Interface,
    Interpreter,
)
from stackduel.model.errors import FieldError
from stackduel_servers.supported import PYTHON_SERVERS, WEB_FRAMEWORKS

# Those that have no stack of ours are known by their name, too.
FRAMEWORKS = {**WEB_FRAMEWORKS, "falcon": "Falcon", "bottle": "Bottle", "pyramid": "Pyramid", "sanic": "Sanic"}
SCRIPT = Path(__file__).with_name("probe_script.py")
USUAL_LIMITS = ProcessLimits()
MOST_RESULT_BYTES = 1_000_000
# What people write who think of the file: ./shop/wsgi.py, shop/wsgi.py:app.
FILE = re.compile(r"(\./)?(?P<path>[\w/]+)(?P<ending>\.py)?(?P<rest>(:.*)?)")
NAME = re.compile(r"(?P<module>\w+(\.\w+)*)(:(?P<name>\w+)(?P<called>\(\))?)?")
MOST_NAME = 200
# The end of a traceback that os.environ["NAME"] leaves.
VARIABLE = re.compile(r"""(?:<frozen os>|/os\.py)", line \d+, in __getitem__\n(?:.*\n)*?KeyError: '(\w+)'$""")


def application_name(text: str) -> ApplicationName:
    """Read ``module:name``, ``module:name()`` or ``module``; raises FieldError."""
    match = NAME.fullmatch(text) if len(text) <= MOST_NAME else None
    file = FILE.fullmatch(text[:MOST_NAME])
    if file is not None and (file["ending"] or "/" in file["path"]):
        module = file["path"].strip("/").replace("/", ".")
        raise FieldError(f"APP: {text!r} is a file, and a server imports a module: {module}{file['rest']}")
    if match is None or any(keyword.iskeyword(part) for part in re.split(r"[.:()]", text)):
        raise FieldError(
            f"APP: must be module:name, or module:name() for a factory without arguments, such as shop.wsgi:app; "
            f"not {text[:MOST_NAME]!r}"
        )
    return ApplicationName(match["module"], match["name"] or "", match["called"] is not None)


def probe(
    name: ApplicationName,
    interpreter: Interpreter,
    folder: Path,
    interface: Interface | None = None,
    limits: ProcessLimits = USUAL_LIMITS,
) -> Application:
    """Import the application with the user's interpreter in ``folder``, and return what it is.

    Raises FieldError: with the application's own traceback if its import raises, with a sentence if it is refused,
    ends, or takes more than the ``limits``.
    """
    with tempfile.TemporaryDirectory(prefix="stackduel-probe-") as place:
        result = Path(place, "result.json")
        command = [str(interpreter.path), str(SCRIPT), str(result)]
        command += [name.module, name.name, "1" if name.called else "0", interface or ""]
        command += [",".join(FRAMEWORKS), ",".join(PYTHON_SERVERS)]
        ended = run_limited(command, folder, limits)
        found = _read(result)
    shown = f"{name}, imported with {interpreter.path}"
    if "raised" in found:
        raise FieldError(f"{shown}, raises:\n{found['raised'].rstrip()}{_mend(found['raised'], interpreter, folder)}")
    if "refused" in found:
        raise FieldError(f"APP: {name} {found['refused']}")
    if not found:
        printed = f"; the end of what it printed:\n{ended.output}" if ended.output else ""
        raise FieldError(f"{shown}, {ended.how}{printed}")
    return _application(found, name, interpreter, folder)


def _application(found: dict[str, Any], name: ApplicationName, interpreter: Interpreter, folder: Path) -> Application:
    servers = {
        server: ImportableServer(each["version"], tuple(each["worker_classes"]))
        for server, each in found["servers"].items()
    }
    return Application(
        name=ApplicationName(name.module, found["name"], name.called),
        interface=found["interface"],
        interpreter=interpreter,
        servers=servers,
        folder=folder,
        framework=FRAMEWORKS.get(found["framework"], found["framework"]),
        framework_version=found["framework_version"],
        handlers=found["handlers"],
        coroutines=found["coroutines"],
        file=found["file"],
        routes=tuple(
            ApplicationRoute(each["path"], tuple(each["methods"]), tuple(each["headers"]), each["of_framework"])
            for each in found["routes"]
        ),
        host=found["host"],
    )


def _mend(raised: str, interpreter: Interpreter, folder: Path) -> str:
    """Return what the user may try where a module, or a variable of the environment, is missing."""
    if variable := VARIABLE.search(raised):
        return f"\n(The environment has no variable {variable[1]}: set it in this shell, as where the server runs.)"
    if "ModuleNotFoundError" not in raised:
        return ""
    return f"\n(Python: {interpreter.path}, {interpreter.chosen_by}; folder: {folder}. --python PATH chooses another.)"


def _read(result: Path) -> dict[str, Any]:
    """Return what the script has written; nothing if it ended before that."""
    with contextlib.suppress(OSError, ValueError):
        with result.open("rb") as file:
            found = json.loads(file.read(MOST_RESULT_BYTES))
        if isinstance(found, dict):
            return found
    return {}
