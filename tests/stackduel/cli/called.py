"""Commands called in this process: for all that a process of its own would not prove more of."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from stackduel.cli import exit_status


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def called(*arguments: str) -> Ended:
    """The command line without a process of its own, whose start would take most of the time."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        status = exit_status(arguments)
    return Ended(status, out.getvalue(), err.getvalue())
