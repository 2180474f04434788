"""The names of stacks that are measured on several interpreters: ``flask-gunicorn@3.13``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from stackduel.model.aa_pair import is_twin

_MARK = "@"


@dataclass(frozen=True, slots=True)
class ChosenInterpreter:
    """An interpreter that ``--python`` names, or the base image of one, and the ``label`` that stands in names."""

    label: str
    python: PurePath | None = None
    base_image: str | None = None


def on_interpreter(stack: str, label: str) -> str:
    """Return the name of a stack on an interpreter; no other may have such a name."""
    return f"{stack}{_MARK}{label}"


def stack_of(name: str) -> str:
    """Return the stack that a name means on whatever interpreter."""
    return name.partition(_MARK)[0]


def label_of(name: str) -> str:
    """Return the interpreter that a name has, empty if it has none."""
    return name.partition(_MARK)[2]


def references(names: Iterable[str]) -> dict[str, str]:
    """Return for each stack on a later interpreter the same stack on the first one."""
    first: dict[str, str] = {}
    found = {}
    for name in names:
        if is_twin(name) or not label_of(name):
            continue
        reference = first.setdefault(stack_of(name), name)
        if reference != name:
            found[name] = reference
    return found
