"""Asks the interpreter of a stack what it is, in a process that is thrown away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from stackduel.model.errors import LaunchError
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.process.endings import how_it_ended

SCRIPT = Path(__file__).with_name("interpreter_script.py")
WITHIN_S = 60.0
LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class InterpreterQuestion:
    """Questions to an interpreter about its packages and modules.

    ``roots`` are the packages whose versions are wanted, with all that they require. ``needed`` are modules that must
    be found, ``applications`` modules that are imported, in the folder of the process, to see what they lack. Of
    ``modules`` the distributions are wanted that hold them.
    """

    roots: Sequence[str] = ()
    needed: Sequence[str] = ()
    applications: Sequence[str] = ()
    modules: Sequence[str] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words after the interpreter and its options on the command line."""
        return "-c", _source(), json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class InterpreterAnswer:
    """Its answer: its facts, the ``missing`` modules, and those that applications import and that are not there.

    ``servers`` is the digest of its stackduel_servers, ``distributions`` which package holds a module.
    """

    facts: InterpreterFacts
    is_environment: bool = True
    missing: tuple[str, ...] = ()
    unimportable: tuple[str, ...] = ()
    servers: str | None = None
    distributions: Mapping[str, str] = field(default_factory=dict)


def ask_interpreter(
    command: Sequence[str],
    question: InterpreterQuestion,
    environ: Mapping[str, str],
    folder: Path | None = None,
    within_s: float = WITHIN_S,
) -> InterpreterAnswer:
    """Return what the interpreter answers that ``command`` starts, an interpreter and its options.

    Raises LaunchError with how it ended if it gives no answer, or none in time.
    """
    words = [*command, *question.words]
    try:
        process = subprocess.Popen(
            words, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, text=True, errors="replace",
        )  # fmt: skip
    except OSError as error:
        raise LaunchError(f"{command[0]} cannot be started: {error.strerror}") from error
    with process:
        try:
            printed, complaint = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise LaunchError(f"{command[0]} did not say within {within_s:g} s what it is") from None
        finally:
            _end_session(process)
    try:
        return answer_of(printed)
    except ValueError as error:
        last = "\n".join(complaint.strip().splitlines()[-LAST_LINES:])
        ended = how_it_ended(process.returncode)
        raise LaunchError(f"{command[0]} does not answer as Python 3.8 or newer does: it {ended}", last) from error


def answer_of(printed: str) -> InterpreterAnswer:
    """Return the answer in what the script printed, its last line; raises ValueError if that is none."""
    lines = printed.strip().splitlines()
    told = msgspec.json.decode(lines[-1] if lines else "", type=dict[str, Any])
    return msgspec.convert({**told, "facts": told}, InterpreterAnswer)


@cache
def _source() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def _end_session(process: subprocess.Popen[str]) -> None:
    """End the process, and what an import has started."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
