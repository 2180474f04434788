"""The part that asks the user's interpreter for its packages, and tries what was installed beside them.

``PYTHON packages_script.py RESULT`` writes to the file ``RESULT``, as JSON, what the interpreter is and which
distributions it has. ``PYTHON packages_script.py RESULT FOLDER PROGRAM MODULE...`` appends the packages in ``FOLDER``,
imports each ``MODULE``, and writes the console script ``PROGRAM`` as ``module:function``, or what an import raised. It
needs nothing but the standard library of CPython 3.10 to 3.14, and imports nothing of ours.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]

import importlib
import importlib.metadata
import json
import platform
import site
import sysconfig
import traceback
from pathlib import Path
from typing import Any


def main(result: str, folder: str = "", program: str = "", *modules: str) -> None:
    """Write the answer to the file ``result``."""
    if folder:
        try:
            found = tried(folder, program, modules)
        except BaseException as error:  # noqa: BLE001 - an import may raise anything, SystemExit too
            found = {"raised": traceback.format_exception_only(type(error), error)[-1].strip()}
    else:
        found = packages()
    Path(result).write_text(json.dumps(found), encoding="utf-8")


def packages() -> dict[str, Any]:
    """Return what wheels must fit to, and the version of each distribution: the first of several counts."""
    found: dict[str, str] = {}
    for each in importlib.metadata.distributions():
        # What was removed only half has no name, or no version.
        name, version = each.metadata["Name"], each.metadata["Version"]
        if name and version:
            found.setdefault(name, version)
    return {
        "abi": [
            platform.python_implementation(),
            platform.python_version(),
            sysconfig.get_config_var("SOABI") or "",
            sysconfig.get_platform(),
        ],
        "distributions": found,
    }


def tried(folder: str, program: str, modules: tuple[str, ...]) -> dict[str, Any]:
    """Return the console script ``program`` as ``module:function``; raises whatever the imports raise."""
    site.addsitedir(folder)
    for each in modules:
        importlib.import_module(each)
    scripts = importlib.metadata.entry_points(group="console_scripts")
    return {"start": next(f"{each.module}:{each.attr}" for each in scripts if each.name == program)}


if __name__ == "__main__":
    main(*sys.argv[1:])
