"""The interpreters that ``--python`` names, each with the label that stands in the names of its stacks."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from stackduel.application.interpreter_probe import InterpreterQuestion, ask_interpreter
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.interpreter_name import ChosenInterpreter
from stackduel.model.run_options import RunOptions
from stackduel.planning.interpreter_lookup import VERSION, named_python

# What Docker Hub has for each version that is no free-threaded build.
OFFICIAL_IMAGE = "python:{version}-slim"
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
LONGEST_LABEL = 30


class _Candidate(NamedTuple):
    """An interpreter and its labels, each telling more than the one before it."""

    labels: tuple[str, ...]
    interpreter: ChosenInterpreter


def chosen_interpreters(options: RunOptions) -> tuple[ChosenInterpreter, ...]:
    """Return the interpreters of a run, or for containers their base images; none without the option.

    Raises FieldError for one that cannot be found, does not answer, or is named twice.
    """
    of = _of_image if options.launcher == "docker" else _of_path
    found = [of(text) for text in options.python or ()]
    for number, each in enumerate(found):
        if each in found[:number]:
            raise FieldError(f"--python: {(options.python or ())[number]} is named twice")
    return _labelled(found)


def _labelled(found: Sequence[_Candidate]) -> tuple[ChosenInterpreter, ...]:
    """Return the interpreters with the shortest labels that tell all of them apart."""
    for labels in zip(*(each.labels for each in found), strict=True):
        if len(set(labels)) == len(labels):
            break
    else:
        labels = tuple(f"{each.labels[0]}-{number}" for number, each in enumerate(found, 1))
    return tuple(replace(each.interpreter, label=label) for each, label in zip(found, labels, strict=True))


def _of_path(text: str) -> _Candidate:
    path = named_python(text, Path.cwd(), "--python")
    try:
        facts = ask_interpreter((str(path), "-E"), InterpreterQuestion(), os.environ).facts
    except LaunchError as error:
        raise FieldError(f"--python: {error}") from error
    full = facts.version + ("t" if facts.free_threaded else "")
    folder = path.parent.parent.name
    return _Candidate((facts.short_version, full, _plain(f"{full}-{folder}")), ChosenInterpreter("", python=path))


def _of_image(text: str) -> _Candidate:
    """Return the base image of a text: a version, or a reference with a tag."""
    if VERSION.fullmatch(text):
        if text.endswith("t"):
            raise FieldError(f"--python: Docker Hub has no free-threaded Python: name an image that has {text}")
        return _Candidate((text,) * 3, ChosenInterpreter("", base_image=OFFICIAL_IMAGE.format(version=text)))
    if ":" not in text or not REFERENCE.fullmatch(text):
        raise FieldError(
            f"--python: with --launcher docker a version such as 3.13, or a base image with its tag, such as "
            f"registry.example:5000/python:3.13; {text} is neither"
        )
    tag = _plain(text.rpartition(":")[2])
    return _Candidate((tag.removesuffix("-slim"), tag, _plain(text)), ChosenInterpreter("", base_image=text))


def _plain(text: str) -> str:
    """Return a text as a label: the end of it, of the characters that names of stacks have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[-LONGEST_LABEL:].strip("-._") or "python"
