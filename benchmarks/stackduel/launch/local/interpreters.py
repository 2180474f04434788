"""The interpreter that a local stack runs on, with the options and variables that it is started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackduel.launch.local.user_command import environment_of
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Registered, Stack
from stackduel.model.target import Address
from stackduel.planning.interpreter_lookup import command_python
from stackduel_servers.isolation import ISOLATED
from stackduel_servers.options import in_force
from stackduel_servers.pillow.builds import interpreter

# Options of an interpreter that take the next word, and those after which its program begins.
_WITH_WORD, _PROGRAM = frozenset({"-X", "-W"}), frozenset({"-m", "-c", "-"})


@dataclass(frozen=True, slots=True)
class StartedInterpreter:
    """An interpreter and its options, with the variables and the folder that a stack is started with."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    folder: Path | None = None

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """The variables that an interpreter and its packages depend on."""
        return tuple(sorted((name, value) for name, value in self.environ.items() if name.startswith("PYTHON")))


def started_by(stack: Stack, environment: Mapping[str, str]) -> StartedInterpreter | None:
    """Return the interpreter that a stack is started with; None if it is no Python that can be told."""
    match stack.source:
        case Registered(entry, settings, python):
            environ = {**environment, **settings}
            return StartedInterpreter((str(python or interpreter(in_force(entry, environ))), *ISOLATED), environ)
        case Command() as command:
            environ = environment_of(command, environment, Address("127.0.0.1", 0))
            try:
                found = command_python(command, environ)
            except LaunchError:
                return None
            options = interpreter_options(command.argv) if Path(command.argv[0]).name.startswith("python") else ()
            return StartedInterpreter((str(found), *options), environ, Path(command.folder))
    return None


def interpreter_options(words: Sequence[str]) -> tuple[str, ...]:
    """Return the options between an interpreter and its program, such as ``-X gil=0``."""
    return tuple(_options(iter(words[1:])))


def _options(words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if not word.startswith("-") or word in _PROGRAM:
            return
        yield word
        if word in _WITH_WORD:
            yield next(words, "")
