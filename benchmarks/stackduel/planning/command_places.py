"""The places in a user's commands that are filled in: ``{port}``, ``{host}``, ``{socket}`` and ``{cores}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from stackduel.model.command_lines import slots_of_command
from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Image, OwnSlots, Stack

CORES = "{cores}"
OF_A_START = ("port", "host", "socket", "cores")
OF_A_RESET = ("stack", "cores")
SLOTS_FROM = "its command line"
# What others call the number of cores.
_ALSO_CORES = frozenset({"cpu", "cpus", "ncpu", "ncpus", "nproc", "core_count", "cpu_count"})
# Of other words in braces, those of a log format for one, none comes so near: {store}, {hostname}.
_NEAR = 0.75
_PLACE = re.compile(r"\{([A-Za-z_]{1,20})\}")


def refuse_misspelt_places(where: str, texts: Iterable[str], known: tuple[str, ...] = OF_A_START) -> None:
    """Raise FieldError for a place that looks like one of the ``known``, and is none.

    Other braces are the program's own business, such as those of a log format.
    """
    for text in texts:
        for name in _PLACE.findall(text):
            if name not in known and (meant := _meant(name.lower(), known)):
                raise FieldError(f"{where}: {{{name}}} is not filled in; did you mean {{{meant}}}?")


def _meant(name: str, known: tuple[str, ...]) -> str | None:
    close = get_close_matches(name, known, n=1, cutoff=_NEAR)
    return "cores" if name in _ALSO_CORES else next(iter(close), None)


def with_cores(stacks: Mapping[str, Stack], cores: int) -> dict[str, Stack]:
    """Return the stacks with the number of their cores wherever the user wrote ``{cores}``.

    That is ``cores``, unless a stack has a number of its own.
    """
    return {name: _with_cores(stack, stack.cores or cores) for name, stack in stacks.items()}


def slots_on_command_line(command: Command) -> OwnSlots | None:
    """Return how many requests a command can hold at once, None if its words do not tell."""
    found = slots_of_command(command.argv, command.env)
    return OwnSlots(found.slots, SLOTS_FROM, found.workers, found.threads) if found else None


def _with_cores(stack: Stack, cores: int) -> Stack:
    source = stack.source
    if isinstance(source, Command):
        command = _filled(source, cores)
        # Before, the number of workers may have been none.
        return replace(
            stack,
            source=command,
            slots=stack.slots or slots_on_command_line(command),
            reset=stack.reset and _filled(stack.reset, cores),
        )
    if isinstance(source, Image):
        return replace(stack, source=replace(source, env=_env(source.env, cores)))
    return stack


def _filled(command: Command, cores: int) -> Command:
    argv, started_as = (
        (word.replace(CORES, str(cores)) for word in each) for each in (command.argv, command.started_as)
    )
    return replace(command, argv=tuple(argv), started_as=tuple(started_as), env=_env(command.env, cores))


def _env(env: Mapping[str, str], cores: int) -> dict[str, str]:
    return {name: value.replace(CORES, str(cores)) for name, value in env.items()}
