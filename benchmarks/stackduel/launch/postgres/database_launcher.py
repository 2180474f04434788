"""Stacks with a database beside them: one for the whole run, with the same rows at each start of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Self, cast

from stackduel.launch.launcher import Launcher, Started
from stackduel.launch.postgres.database import Database
from stackduel.launch.wrapped_launcher import WrappedLauncher
from stackduel.model.lost_part import LostPart
from stackduel.model.stack import Command, Registered, Stack
from stackduel.model.target import Several, Subject

URL_VARIABLE = "DATABASE_URL"
PART = "the database"


class DatabaseLauncher(WrappedLauncher):
    """A launcher that opens a database with ``open_database`` once it is entered, and gives each stack its URL."""

    def __init__(self, launcher: Launcher, open_database: Callable[[], AbstractContextManager[Database]]) -> None:
        super().__init__(launcher)
        self._open_database = open_database
        self._held = ExitStack()
        self._database: Database | None = None
        self._stacks = 0

    def __enter__(self) -> Self:
        """Prepare what all stacks share, and then the database."""
        with ExitStack() as entered:
            super().__enter__()
            entered.push(super().__exit__)
            self._open()
            entered.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        """End the database, and take everything else down."""
        try:
            self._close()
        finally:
            super().__exit__(*exc)

    @property
    def downstream(self) -> Subject | None:
        """The downstream and the database: both are called as they are, and observed together."""
        shared, process = super().downstream, self._database.process if self._database else None
        if process is None:
            return shared
        return Several((*((shared,) if shared else ()), process.subject))

    def lost(self) -> LostPart | None:
        """Return the database if it has ended, else what else serves all stacks and has ended."""
        how = self._database.ending() if self._database else None
        return LostPart(PART, how) if how else super().lost()

    def restore(self) -> None:
        """Start again what has ended, the database on another port."""
        if self._database is None or self._database.ending():
            self._close()
            self._open()
        if super().lost():
            super().restore()

    def start(self, stack: Stack) -> AbstractContextManager[Started]:
        """Fill the tables, and start a stack with the database's URL; raises LaunchError otherwise."""
        return self._started(stack)

    @contextmanager
    def _started(self, stack: Stack) -> Iterator[Started]:
        if self._database is None:
            raise RuntimeError("the launcher was not entered")
        # Of stacks that run at once, the second one must not take the tables away from the first.
        if not self._stacks:
            self._database.seed()
        self._stacks += 1
        try:
            with super().start(with_database(stack, self._database.place.url)) as started:
                yield started
        finally:
            self._stacks -= 1

    def facts(self) -> Mapping[str, object]:
        """Return how the stacks were run, with a note on the version of the database."""
        facts = super().facts()
        if self._database is None:
            return facts
        notes = cast("tuple[str, ...]", facts.get("warnings", ()))
        return {**facts, "warnings": (*notes, f"The database is PostgreSQL {self._database.version}.")}

    def _open(self) -> None:
        self._database = self._held.enter_context(self._open_database())

    def _close(self) -> None:
        self._database = None
        self._held.close()


def with_database(stack: Stack, url: str) -> Stack:
    """Return the stack with the database's URL in its environment, and in that of its reset."""
    given, source = {URL_VARIABLE: url}, stack.source
    if isinstance(source, Command):
        source = _given(source, given)
    elif isinstance(source, Registered):
        source = replace(source, settings={**source.settings, **given})
    return replace(stack, source=source, reset=stack.reset and _given(stack.reset, given))


def _given(command: Command, variables: Mapping[str, str]) -> Command:
    # What the user's file says of the variable counts.
    return replace(command, env={**variables, **command.env})
