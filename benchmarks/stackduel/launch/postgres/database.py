"""A database for the stacks of a run, started by the run or by its user."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from stackduel.launch.local.guard import REMOVED_AFTER
from stackduel.launch.local.local_process import LocalProcess
from stackduel.launch.postgres.cluster import DATABASE, ROLE, Cluster, made_cluster
from stackduel.launch.postgres.psql import run_sql
from stackduel.launch.postgres.seed import drop, seed
from stackduel.model.database_place import DatabasePlace
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, OwnCompanion
from stackduel.planning.postgres_installation import INSTALL, PostgresInstallation
from stackduel.storage.learned_secrets import learn

NAME = "postgresql"
START_S = 60.0
ENDS_WITHIN_S = 20.0
VERSION = "SHOW server_version;"
Serve = Callable[[OwnCompanion, Command], AbstractContextManager[LocalProcess]]


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL that takes connections; ``process`` is None where it was not started here."""

    place: DatabasePlace
    psql: str
    version: str
    process: LocalProcess | None = None

    def seed(self) -> None:
        """Make the tables of the suites anew, the same each time; raises LaunchError."""
        run_sql(self.psql, self.place, seed())

    def ending(self) -> str | None:
        """Return how it ended; None while it runs, and where it was not started here."""
        return self.process.ending() if self.process else None


@contextmanager
def own_database(installation: PostgresInstallation, serve: Serve) -> Iterator[Database]:
    """Start a PostgreSQL of our own with ``serve``, and remove it at the end; raises LaunchError."""
    with ExitStack() as running:
        cluster = running.enter_context(made_cluster(installation))
        learn([cluster.password])
        # If this process is killed, the guard of the server still removes the folder.
        command = Command(cluster.command, {REMOVED_AFTER: str(cluster.folder)}, Path(cluster.folder))
        process = running.enter_context(serve(OwnCompanion(NAME, command, start_s=START_S), command))
        running.callback(_end, process)
        yield _created(cluster, process)


def _created(cluster: Cluster, process: LocalProcess) -> Database:
    """Return the cluster's database, which is made here beside the one that each cluster has."""
    address, psql = process.address, cluster.installation.program("psql")
    first = DatabasePlace(address.host, address.port, ROLE, "postgres", cluster.password)
    run_sql(psql, first, f"CREATE DATABASE {DATABASE};")
    place = replace(first, name=DATABASE)
    version = run_sql(psql, place, f"CREATE EXTENSION pg_stat_statements; {VERSION}")
    return Database(place, psql, version.strip(), process)


def _end(process: LocalProcess) -> None:
    """End the server at once where SIGTERM would wait for its clients to leave."""
    with suppress(psutil.Error, LaunchError):
        server = psutil.Process(process.subject.pid)
        server.send_signal(signal.SIGINT)
        server.wait(ENDS_WITHIN_S)


@contextmanager
def given_database(place: DatabasePlace, client: PostgresInstallation) -> Iterator[Database]:
    """Use the PostgreSQL of the user's at ``place``, and remove our tables there at the end; raises LaunchError."""
    learn([place.password] if place.password else [])
    psql = client.program("psql")
    try:
        database = Database(place, psql, run_sql(psql, place, VERSION).strip())
    except LaunchError as error:
        raise LaunchError(f"--postgres: {error.why}", error.log, f"PostgreSQL's packages: {INSTALL}") from error
    yield database
    with suppress(LaunchError):
        run_sql(psql, place, drop())
