"""The secrets of a plan: in its requests, in its stacks' commands and environments, and in the user's shell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from stackduel.model.secrecy import (
    SHORTEST,
    is_secret_header,
    is_trivial,
    secrets_in,
    secrets_of_header,
    secrets_of_variable,
    secrets_of_words,
    sounds_secret,
)
from stackduel.model.stack import Command, Image, Stack, StackSource
from stackduel.model.suite import Suite, Workload

# Values of variables whose name sounds secret by chance: paths, and plain words.
_PLAIN_VALUE = re.compile(r"[/.~].*|[A-Za-z]+|.{,7}", re.DOTALL)


def secrets_of(suite: Suite, stacks: Iterable[Stack], environ: Mapping[str, str]) -> frozenset[str]:
    """Return the texts that no result may show.

    ``environ`` is what the stacks inherit from the user's shell; empty where they inherit nothing.
    """
    found = (
        *(text for each in suite.scenarios for asked in (*each.workloads, each.victim) for text in _of_request(asked)),
        *(text for asked in suite.setup or () for text in _of_request(asked.workload)),
        *(text for stack in stacks for text in _of_stack(stack)),
        *(text for name, value in environ.items() for text in _inherited(name, value)),
    )
    return frozenset(text for text in found if len(text) >= SHORTEST and not is_trivial(text))


def _of_request(workload: Workload | None) -> Iterator[str]:
    if workload is None:
        return
    for name, value in workload.headers:
        if is_secret_header(name, value):
            yield from secrets_of_header(value)
    if workload.values is not None:
        for name, column in zip(workload.values.names, zip(*workload.values.rows, strict=True), strict=False):
            yield from column if sounds_secret(name) else ()
    yield from secrets_in(workload.target)
    yield from secrets_in(workload.body.decode(errors="replace"))


def _of_stack(stack: Stack) -> Iterator[str]:
    if stack.reset is not None:
        yield from secrets_of_words(stack.reset.argv)
    for companion in stack.companions:
        yield from _of_source(companion.source)
    yield from _of_source(stack.source)


def _of_source(source: StackSource) -> Iterator[str]:
    match source:
        case Command(argv, env):
            yield from secrets_of_words(argv)
        case Image(_, _, env):
            pass
        case _:
            return
    for name, value in env.items():
        yield from secrets_of_variable(name, value)


def _inherited(name: str, value: str) -> Iterator[str]:
    if next(secrets_in(value), None) is not None or not _PLAIN_VALUE.fullmatch(value):
        yield from secrets_of_variable(name, value)
