"""A command of the user's under memray, which records its allocations."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Registered, Stack
from stackduel.planning.command_lookup import found_at
from stackduel_servers.serve import RECORD_MEMORY, memray_run

_PYTHON = re.compile(r"python[\d.]*(\.exe)?")
_SHEBANG = re.compile(rb"#!\s*(\S*python[\d.]*)\s*$")
# Options of the interpreter that take a word of their own.
WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
MODULE = ("-m", "-c")


def recorded_stack(stack: Stack, file: Path, environ: Mapping[str, str] = os.environ) -> Stack:
    """Return a stack that records its allocations in ``file``; raises LaunchError where that cannot be."""
    match stack.source:
        case Registered(_, settings) as registered:
            variables = {**settings, RECORD_MEMORY: str(file)}
            return replace(stack, source=replace(registered, settings=variables))
        case Command() as command:
            return replace(stack, source=replace(command, argv=recorded_words(command, str(file), environ)))
        case _:
            raise LaunchError(f"{stack.name}: memory is recorded of processes that stackduel starts")


def recorded_words(command: Command, file: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of a command with memray between its interpreter and its program; raises LaunchError."""
    first, *rest = command.argv
    if _PYTHON.fullmatch(Path(first).name):
        begin = _options(rest)
        return (first, *rest[:begin], *memray_run(file), *rest[begin:])
    program = found_at(command, environ)
    interpreter = None if program is None else _interpreter(program)
    if program is None or interpreter is None:
        raise LaunchError(f"{first}: memray records what python starts, or a script that names its Python")
    return (interpreter, *memray_run(file), str(program), *rest)


def _options(words: list[str]) -> int:
    """Return how many words are options of the interpreter."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in MODULE:
        at += 2 if words[at] in WITH_VALUE else 1
    return at


def _interpreter(program: Path) -> str | None:
    """Return the Python that a script names in its first line."""
    try:
        with program.open("rb") as opened:
            found = _SHEBANG.match(opened.readline(1024))
    except OSError:
        return None
    return os.fsdecode(found[1]) if found else None
