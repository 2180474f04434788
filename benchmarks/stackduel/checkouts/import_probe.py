"""Run by the user's interpreter, not imported: says from which files the modules of a checkout come.

It reads JSON with ``named`` (what the command may import), ``names`` (the first names of the checkout's own modules)
and ``answer`` (the file to write), and writes the file of each module, and the folders of what is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import site
import sys
import sysconfig
from pathlib import Path


def main() -> None:
    """Import what is named, look up the rest, and write where each lies."""
    asked = json.load(sys.stdin)
    for name in asked["named"]:
        try:
            importlib.import_module(name)
        except BaseException:  # noqa: BLE001, S112 - a word that is no module, or an application that does not start
            continue
    files = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name != "__main__":
            files[name] = file
    for name in asked["names"]:
        if name not in files and (file := _file_of(name)):
            files[name] = file
    installed = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    Path(asked["answer"]).write_text(json.dumps({"files": files, "installed": installed}), encoding="utf-8")


def _file_of(name: str) -> str | None:
    """Return the file that an import of ``name`` would run."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec and spec.has_location else None


if __name__ == "__main__":
    main()
    # Threads that an application started when it was imported would keep this process.
    os._exit(0)
