"""The report of an unforeseen error: a file with the traceback, and a line that says how to report it."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def report_crash(error: BaseException, arguments: Sequence[str]) -> str:
    """Write the file of an unforeseen error, and return the sentence about it."""
    from stackduel.storage.redaction import NO_SECRETS  # noqa: PLC0415 - only where something went wrong

    what = NO_SECRETS.start(" ".join(f"{type(error).__name__}: {error}".split()), 200)
    text = NO_SECRETS.text(_report(error, arguments))
    try:
        where = f"The traceback is in {_written(text)}: please report it with that file, once you have read it through"
    except OSError as unwritable:
        sys.stderr.write(text)
        where = f"The traceback stands above, as no file could be written ({unwritable.strerror}): please report it"
    return f"a bug in stackduel, not a fault of yours or of the stacks ({what}). {where}."


def _written(text: str) -> Path:
    descriptor, path = tempfile.mkstemp(prefix="stackduel-crash-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(path)


def _report(error: BaseException, arguments: Sequence[str]) -> str:
    lines = (
        f"stackduel {_version()}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"Command: {shlex.join(('stackduel', *arguments))}",
        "",
        *traceback.format_exception(error),
    )
    return "\n".join(lines)


def _version() -> str:
    try:
        return version("stackduel")
    except PackageNotFoundError:
        return "(not installed)"
