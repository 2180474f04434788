"""The user's command that brings a stack's data back to where it was, run before each start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from stackduel.launch.launcher import Started
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Stack
from stackduel.planning.command_lookup import path_of

RESET_WITHIN_S = 120.0
LOG_CHARACTERS = 2_000


class ResettingLauncher(WrappedLauncher):
    """A launcher that runs the reset of each stack before it starts it."""

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Reset the stack and start it; raises LaunchError with the log of the command or of the server."""
        return self._reset_and_start(stack)

    @contextmanager
    def _reset_and_start(self, stack: Stack) -> Iterator[Started]:
        if stack.reset is not None:
            run_reset(stack.name, stack.reset)
        with super().start(stack) as started:
            yield started


def run_reset(name: str, command: Command, within_s: float = RESET_WITHIN_S) -> None:
    """Run the reset of the stack ``name`` to its end; raises LaunchError with its output if it fails or does not end.

    ``{stack}`` in it is the stack's name.
    """
    words = [word.replace("{stack}", name) for word in command.argv]
    environment = {**os.environ, **command.env, "PATH": path_of(command, os.environ)}
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=Path(command.folder),
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise LaunchError(f"{name}: reset: cannot start {words[0]}: {error.strerror}") from error
    status, output = _ended(name, process, within_s)
    if status:
        raise LaunchError(f"{name}: reset: {words[0]} ended with exit status {status}", output)


def _ended(name: str, process: subprocess.Popen[bytes], within_s: float) -> tuple[int, str]:
    """Return the exit status and the end of the output; whatever ends the wait ends the command, too."""
    with process:
        try:
            output, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise LaunchError(f"{name}: reset: did not end within {within_s:g} s") from None
        finally:
            if process.poll() is None:
                _kill(process)
    return process.returncode, output.decode(errors="replace").strip()[-LOG_CHARACTERS:]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the command with all that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
