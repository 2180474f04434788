"""A real PostgreSQL for tests, started as a run starts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.postgres.database import Database, own_database
from stackduel.launch.postgres.database_launcher import DatabaseLauncher
from stackduel.launch.postgres.psql import run_sql
from stackduel.model.budget import divide
from stackduel.planning.postgres_installation import INSTALL, PostgresInstallation, postgres_server
from stackduel.process.cores import usable_cores
from tests.conftest import unavailable


def installed() -> PostgresInstallation:
    """Return what can be started here; without it the test is skipped, or fails where PostgreSQL is required."""
    return postgres_server() or unavailable("postgres", f"PostgreSQL is not installed: {INSTALL}")


@contextmanager
def database_launcher(logs: Path) -> Iterator[DatabaseLauncher]:
    """Local stacks with a database beside them."""
    installation, local = installed(), LocalLauncher(divide(usable_cores()), logs)
    with DatabaseLauncher(local, lambda: own_database(installation, local.companion)) as launcher:
        yield launcher


def opened(launcher: DatabaseLauncher) -> Database:
    """Its database."""
    assert launcher._database is not None
    return launcher._database


def ask(database: Database, sql: str) -> str:
    """Return what the database prints."""
    return run_sql(database.psql, database.place, sql).strip()
