"""Print each CPython from 3.11 to 3.13 that this machine has besides the one that runs this: version and path."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.planning.interpreter_lookup import named_python

VERSIONS = ("3.11", "3.12", "3.13")
# Debian's interpreters may lack what makes environments.
QUESTION = "import ensurepip, sys, venv; print(sys.implementation.name, sys.version.split()[0])"


def interpreters() -> Iterator[tuple[str, Path]]:
    """Yield the other versions that are here, each where ``--python`` would find it."""
    own = ".".join(map(str, sys.version_info[:2]))
    for version in VERSIONS:
        if version == own:
            continue
        try:
            python = named_python(version, Path(), version)
        except FieldError:
            continue
        asked = subprocess.run((python, "-c", QUESTION), capture_output=True, text=True, check=False)
        if asked.stdout.startswith(f"cpython {version}."):
            yield version, python


if __name__ == "__main__":
    for each, path in interpreters():
        sys.stdout.write(f"{each} {path}\n")
