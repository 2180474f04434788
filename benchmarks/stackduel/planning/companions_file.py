"""Companions of a user's stacks, from the table ``companions`` of a stacks file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Image, OwnCompanion, Stack
from stackduel.planning.command_line import parse_surroundings, parse_words
from stackduel.planning.command_places import CORES, refuse_misspelt_places
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.own_secrets import OwnSecrets
from stackduel.planning.own_stack import LEAST_START_S, MOST_START_S, parse_env, parse_reference
from stackduel.planning.request_file import is_target

PLACES = ("host", "port")
MOST_COMPANIONS = 10
DEFAULT_START_S = 60.0
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]{0,31})\.([a-z]+)\}")


def parse_companions(fields: Fields, folder: Path, secrets: OwnSecrets) -> dict[str, OwnCompanion]:
    """Take the companions out of ``fields``, by name; raises FieldError."""
    companions = {}
    for name, table in fields.table("companions", default={}).items():
        where = f"{fields.where}: companions.{shortened(name)}"
        if not NAME.fullmatch(name):
            raise FieldError(f"{where}: a letter, then letters, digits, '_' and '-' only, at most 32 in all")
        if not isinstance(table, Mapping):
            raise FieldError(f"{where}: must be a table")
        companions[name] = _companion(where, name, table, folder, secrets)
    if len(companions) > MOST_COMPANIONS:
        raise FieldError(f"{fields.where}: companions: at most {MOST_COMPANIONS}")
    return companions


def with_companions(
    where: str, stack: Stack, named: tuple[str, ...] | None, companions: Mapping[str, OwnCompanion]
) -> Stack:
    """Return a stack with the companions that its table names, by default with all; raises FieldError.

    Only what stackduel starts has companions.
    """
    if not isinstance(stack.source, Command | Image):
        if named:
            raise FieldError(f"{where}: companions: what answers at a url is running already, and so must they be")
        return stack
    for name in named or ():
        if name not in companions:
            has = f"; the file has {', '.join(companions)}" if companions else ""
            raise FieldError(f"{where}: companions: {shortened(name)!r} is none{has}")
    own = tuple(companions[name] for name in (companions if named is None else named))
    _check_places(where, stack, {each.name for each in own})
    return replace(stack, companions=own)


def _companion(where: str, name: str, table: Mapping[str, Any], folder: Path, secrets: OwnSecrets) -> OwnCompanion:
    fields = Fields(where, table, folder)
    if len([kind for kind in ("command", "image") if kind in table]) != 1:
        raise FieldError(f"{where}: exactly one of command and image is needed")
    env = parse_env(where, fields, secrets, PLACES)
    source: Command | Image
    if "image" in table:
        port = fields.integer("port", 1, 65535)
        source = Image(parse_reference(where, fields.text("image")), port, env)
    else:
        words = parse_words(where, "command", table, fields)
        refuse_misspelt_places(f"{where}: command", words, PLACES)
        if not any("{port}" in text for text in (*words, *env.values())):
            raise FieldError(f"{where}: command: each start has another port: {{port}} must stand in it, or in env")
        source = replace(parse_surroundings(where, fields, env, folder), argv=words)
    if any(CORES in text for text in (*env.values(), *getattr(source, "argv", ()))):
        raise FieldError(f"{where}: {CORES} is filled in for a stack; a companion runs on the downstream's cores")
    health = fields.text("health", default="")
    if health and not is_target(health):
        raise FieldError(f"{where}: health: must be a path that starts with / and holds visible ASCII only")
    companion = OwnCompanion(
        name=name,
        source=source,
        health=health or None,
        ready=parse_words(where, "ready", table, fields),
        start_s=fields.number("start_s", LEAST_START_S, MOST_START_S, default=DEFAULT_START_S),
    )
    fields.finish()
    if companion.health and companion.ready:
        raise FieldError(f"{where}: ready: cannot be combined with health")
    return companion


def _check_places(where: str, stack: Stack, names: Collection[str]) -> None:
    """Raise FieldError if a command or a variable asks for the address of what is no companion."""
    for text in _texts(stack):
        for name, place in _PLACE.findall(text):
            if place in PLACES and name not in names:
                raise FieldError(f"{where}: {{{name}.{place}}}: no companion of it is called {name}")


def _texts(stack: Stack) -> Iterator[str]:
    for each in (stack.source, stack.reset):
        if isinstance(each, Command):
            yield from each.argv
        if isinstance(each, Command | Image):
            yield from each.env.values()


def refuse_unreachable(stacks: Iterable[Stack], launcher: str) -> None:
    """Raise FieldError if a container's companion is a process of this machine, which it cannot reach."""
    for stack in stacks:
        for companion in stack.companions:
            if launcher == "docker" and isinstance(companion.source, Command):
                raise FieldError(
                    f"companions.{companion.name}: command: {stack.name} is a container, which needs an image here"
                )


def companion_notes(stacks: Mapping[str, Stack]) -> tuple[str, ...]:
    """Return a note on the companions of a run."""
    by_names: dict[str, list[str]] = {}
    for name, stack in stacks.items():
        if stack.companions:
            by_names.setdefault(", ".join(each.name for each in stack.companions), []).append(name)
    return tuple(
        f"Started before each start of {', '.join(names)}, on the downstream's cores, and no part of their CPU and "
        f"memory: {companions}."
        for companions, names in by_names.items()
    )
