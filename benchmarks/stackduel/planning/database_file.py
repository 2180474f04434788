"""The database that a suite or a stacks file asks for, and where it can be had."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from stackduel.model.budget import Budget
from stackduel.model.database_place import DatabasePlace, place_of
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import DatabaseName, Suite
from stackduel.planning.fields import Fields
from stackduel.planning.postgres_installation import INSTALL, postgres_client, postgres_server

DATABASES: tuple[DatabaseName, ...] = ("postgresql",)
PASSWORD_VARIABLE = "PGPASSWORD"  # noqa: S105 - the name of a variable


def parse_database(fields: Fields) -> DatabaseName | None:
    """Take ``database`` out of the fields of a file; raises FieldError."""
    return fields.choice("database", DATABASES, default=None)


def given_place(options: RunOptions) -> DatabasePlace | None:
    """Return the place of the PostgreSQL that the options name, with the environment's password; raises FieldError."""
    if options.postgres is None:
        return None
    try:
        return place_of(options.postgres, os.environ.get(PASSWORD_VARIABLE, ""))
    except ValueError as error:
        raise FieldError(f"--postgres: {error}") from error


def with_needed_database(suite: Suite, stacks: Iterable[Stack]) -> Suite:
    """Return the suite with a database if one of these stacks has endpoints that need it."""
    entries = (stack.source.entry for stack in stacks if isinstance(stack.source, Registered))
    needs = any(entry.contract == "database" for entry in entries)
    return replace(suite, database="postgresql") if needs else suite


def refuse_database(options: RunOptions, suite: Suite) -> None:
    """Raise FieldError if the suite's database cannot be had, or if one is given to a suite that needs none."""
    place = given_place(options)
    if suite.database is None:
        if place is not None:
            raise FieldError(f"--postgres: {suite.name} needs no database")
        return
    if options.launcher != "local":
        raise FieldError(f"--launcher: {suite.name} needs a database, which only the stacks of local can reach")
    if place is None and postgres_server() is None:
        raise FieldError(f"{suite.name} needs PostgreSQL, which is not installed: {INSTALL}, or --postgres URL")
    if place is not None and postgres_client() is None:
        raise FieldError(f"--postgres: psql, which fills its tables, is not installed: {INSTALL}-client")


def database_notes(options: RunOptions, suite: Suite, budget: Budget) -> tuple[str, ...]:
    """Return a note on the database of a run: where it is, and whose cores it shares."""
    if suite.database is None:
        return ()
    place = given_place(options)
    if place is not None:
        return (f"The database is the PostgreSQL on {place.host}, which was not started here: its CPU is not seen.",)
    cores = ", ".join(map(str, budget.downstream))
    note = f"PostgreSQL runs beside the stacks on the downstream's cores ({cores}); its CPU counts as the downstream's."
    if not set(budget.downstream) & set(budget.generator):
        return (note,)
    return (f"{note} There are too few cores for one of its own: it shares that of the generator.",)
