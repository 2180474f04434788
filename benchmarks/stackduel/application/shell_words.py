"""The command that a line of a shell starts, as far as that can be read without a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from stackduel.planning.command_line import ASSIGNMENT

VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?-(?P<default>[^}]*))?\})")
BETWEEN = frozenset({"&&", "||", ";", "|", "&"})
SHELLS = frozenset({"sh", "bash", "dash", "ash"})
# What only finds the environment to run in, which --python does here.
RUNNERS = frozenset({("poetry", "run"), ("uv", "run"), ("pipenv", "run"), ("pdm", "run"), ("hatch", "run")})
# The platform chooses it, and here stackduel does.
USUAL = {"PORT": "8000"}


@dataclass(frozen=True, slots=True)
class StartedBy:
    """One command of a line, and the variables that are set for it."""

    argv: tuple[str, ...]
    env: Mapping[str, str]


def commands_in(line: str, variables: Mapping[str, str]) -> list[StartedBy]:
    """Return the commands that a line of a shell starts, in their order.

    Raises ValueError for quotes that do not end, and for a variable that has no value here.
    """
    words = shlex.shlex(_filled_in(line, variables), posix=True, punctuation_chars=True)
    words.whitespace_split = True
    return [each for part in _parts([*words]) if (each := _command(part, variables)).argv]


def command_of(words: Sequence[str], variables: Mapping[str, str]) -> list[StartedBy]:
    """Return the commands that a list of words starts, which no shell reads unless it names one; raises ValueError."""
    if len(words) >= 3 and PurePath(words[0]).name in SHELLS and words[1] in {"-c", "-lc", "-ec"}:
        return commands_in(words[2], variables)
    return [_command(words, variables)]


def _command(words: Sequence[str], variables: Mapping[str, str]) -> StartedBy:
    env: dict[str, str] = {}
    rest = [*words]
    while rest and (rest[0] == "exec" or ASSIGNMENT.fullmatch(rest[0]) or tuple(rest[:2]) in RUNNERS):
        if tuple(rest[:2]) in RUNNERS:
            del rest[:2]
            continue
        name, sign, value = rest.pop(0).partition("=")
        if sign:
            env[name] = value
    if len(rest) >= 3 and PurePath(rest[0]).name in SHELLS:
        inner = command_of(rest, variables)
        return StartedBy(inner[-1].argv, {**env, **inner[-1].env}) if inner else StartedBy((), env)
    return StartedBy(tuple(rest), env)


def _parts(words: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word in BETWEEN:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _filled_in(line: str, variables: Mapping[str, str]) -> str:
    known = {**USUAL, **variables}

    def value(match: re.Match[str]) -> str:
        name = match["plain"] or match["name"]
        if name in known:
            return known[name]
        if match["default"] is not None:
            return match["default"]
        raise ValueError(f"${name} has no value here")

    return VARIABLE.sub(value, line)
