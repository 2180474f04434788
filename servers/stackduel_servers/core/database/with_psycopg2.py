"""psycopg2 with its pool for threads, which refuses where all connections are held: here a request waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

import psycopg2
from psycopg2.errors import DeadlockDetected, QueryCanceled, SerializationFailure
from psycopg2.pool import ThreadedConnectionPool

from stackduel_servers.core.database import failures
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.statements import Row, Statement
from stackduel_servers.core.settings import Settings

DEFAULT, REPEATABLE = "DEFAULT", "REPEATABLE READ"


class Psycopg2Session:
    """A connection of the pool."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement.by_position, values)
            rows: list[Row] = cursor.fetchall()
        return rows

    def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement.by_position, values)


class Psycopg2Repository:
    """A pool of one process, which connects as requests come, so that forked workers share no connection."""

    def __init__(self, settings: Settings) -> None:
        self.timeout_s = settings.database_timeout_s
        most = settings.pool_of_worker
        self._free = BoundedSemaphore(most)
        # What it keeps is all that it may have, or none: then each request has a connection of its own.
        self._pool = ThreadedConnectionPool(
            0,
            most,
            settings.database_url,
            options=f"-c statement_timeout={self.timeout_s * 1000:.0f}",
        )
        self._pool.minconn = most if settings.pools_database else 0

    @contextmanager
    def session(self) -> Iterator[Psycopg2Session]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        with self._connection() as connection:
            connection.autocommit = True
            yield Psycopg2Session(connection)

    @contextmanager
    def transaction(self) -> Iterator[Psycopg2Session]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        with self._committed(DEFAULT) as session:
            yield session

    @contextmanager
    def isolated(self) -> Iterator[Psycopg2Session]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        with self._committed(REPEATABLE) as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._pool.closeall()

    @contextmanager
    def _committed(self, level: str) -> Iterator[Psycopg2Session]:
        with self._connection() as connection:
            # These are the client's own settings: no statement is sent.
            connection.set_session(isolation_level=level, autocommit=False)
            try:
                with connection:  # commits, or rolls back after an error
                    yield Psycopg2Session(connection)
            finally:
                if not connection.closed:
                    connection.set_session(isolation_level=DEFAULT)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        if not self._free.acquire(timeout=self.timeout_s):
            raise failures.busy(self.timeout_s)
        try:
            with _as_http_errors(self.timeout_s):
                connection = self._pool.getconn()
                try:
                    yield connection
                finally:
                    self._pool.putconn(connection)  # a broken one is closed, and the next is new
        finally:
            self._free.release()


@contextmanager
def _as_http_errors(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except QueryCanceled as error:
        raise failures.too_slow(timeout_s) from error
    except (SerializationFailure, DeadlockDetected) as error:
        raise ConflictError from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise failures.unreachable() from error
