"""TOML files of the user's: read once, whatever they come from, and decoded with an error that names the mend."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from stackduel.model.errors import FieldError, of_system

MAX_FILE_BYTES = 1_000_000
LONG_NUMBER = re.compile(r"(?:(?P<field>[\w.-]{1,80})\s*=[^\n=]{0,80}?)?(?P<digits>[0-9][0-9_]{2000,})")
_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_toml(what: str, path: Path) -> Mapping[str, Any]:
    """Return the tables of a TOML file; ``what`` it is begins each error.

    A pipe is read once and remembered. Raises FieldError.
    """
    where = f"{what} {path}"
    try:
        content = _of_file(path) if path.is_file() else _of_pipe(path)
    except OSError as error:
        raise FieldError(f"{where}: cannot be read: {error.strerror or of_system(error)}") from error
    except ValueError as error:
        raise FieldError(f"{where}: cannot be read: {error}") from error
    if len(content) > MAX_FILE_BYTES:
        raise FieldError(f"{where}: at most {MAX_FILE_BYTES} bytes")
    return parse_toml(where, decode(where, content))


def parse_toml(where: str, text: str) -> Mapping[str, Any]:
    """Return the tables of a TOML text; raises FieldError for anything else."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise FieldError(f"{where}: not valid TOML: nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise FieldError(f"{where}: not valid TOML: {error}") from error
    except ValueError as error:
        raise FieldError(f"{where}: {_of_long_number(text)}") from error


def _of_long_number(text: str) -> str:
    """Return a sentence on the first number that is too long for Python to read."""
    number = LONG_NUMBER.search(text)
    if number is None:
        return "not valid TOML"
    line = text.count("\n", 0, number.start()) + 1
    field = number["field"] or "a field"
    return f"{field} (line {line}): a whole number of {len(number['digits'])} digits is out of every bound"


def decode(where: str, content: bytes) -> str:
    """Return the text of UTF-8, with or without a byte order mark; raises FieldError that names another encoding."""
    encoding = next((name for mark, name in _OTHER_ENCODINGS.items() if content.startswith(mark)), None)
    if encoding is None and b"\0" in content[:100]:
        encoding = "UTF-16 or not text at all"
    if encoding is not None:
        raise FieldError(f"{where}: is {encoding}; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FieldError(f"{where}: line {line} is not UTF-8; save the file as UTF-8") from error


def folder_of(path: Path) -> Path:
    """Return the folder that the paths in a file are relative to: of a pipe the working folder."""
    return path.parent.resolve() if path.is_file() else Path.cwd()


def _of_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


@lru_cache(maxsize=8)
def _of_pipe(path: Path) -> bytes:
    """Return what came out of a pipe; a second reader would find it empty, or wait for ever."""
    return _of_file(path)
