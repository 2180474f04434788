"""psycopg 3 with its pools, for both kinds of code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from psycopg import AsyncConnection, Connection, IsolationLevel, OperationalError
from psycopg.errors import DeadlockDetected, QueryCanceled, SerializationFailure
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from stackduel_servers.core.database import failures
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.statements import Row, Statement
from stackduel_servers.core.settings import Settings


class PsycopgSession:
    """A connection of the pool for code that holds its thread."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        rows: list[Row] = self._connection.execute(statement.by_position, values).fetchall()
        return rows

    def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        self._connection.execute(statement.by_position, values)


class PsycopgRepository:
    """A pool of one process; its connections open with the first request, so that forked workers share none."""

    def __init__(self, settings: Settings) -> None:
        self.timeout_s = settings.database_timeout_s
        self._pool = ConnectionPool(settings.database_url, **_options(settings))

    @contextmanager
    def session(self) -> Iterator[PsycopgSession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        with _as_http_errors(self.timeout_s):
            self._pool.open()
            with self._pool.connection() as connection:
                yield PsycopgSession(connection)

    @contextmanager
    def transaction(self) -> Iterator[PsycopgSession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        with _as_http_errors(self.timeout_s):
            self._pool.open()
            with self._pool.connection() as connection, connection.transaction():
                yield PsycopgSession(connection)

    @contextmanager
    def isolated(self) -> Iterator[PsycopgSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        with _as_http_errors(self.timeout_s):
            self._pool.open()
            with self._pool.connection() as connection, _repeatable(connection), connection.transaction():
                yield PsycopgSession(connection)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class AsyncPsycopgSession:
    """A connection of the pool for code that suspends its task."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        cursor = await self._connection.execute(statement.by_position, values)
        rows: list[Row] = await cursor.fetchall()
        return rows

    async def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        await self._connection.execute(statement.by_position, values)


class AsyncPsycopgRepository:
    """A pool of one process and its event loop."""

    def __init__(self, settings: Settings) -> None:
        self.timeout_s = settings.database_timeout_s
        self._pool = AsyncConnectionPool(settings.database_url, **_options(settings))

    async def open(self) -> None:
        """Begin to connect; nobody waits for it."""
        await self._pool.open()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncPsycopgSession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        with _as_http_errors(self.timeout_s):
            async with self._pool.connection() as connection:
                yield AsyncPsycopgSession(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncPsycopgSession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        with _as_http_errors(self.timeout_s):
            async with self._pool.connection() as connection, connection.transaction():
                yield AsyncPsycopgSession(connection)

    @asynccontextmanager
    async def isolated(self) -> AsyncIterator[AsyncPsycopgSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        with _as_http_errors(self.timeout_s):
            async with self._pool.connection() as connection, _repeatable_async(connection), connection.transaction():
                yield AsyncPsycopgSession(connection)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()


def _options(settings: Settings) -> dict[str, Any]:
    """Return the options of a pool: of a fixed size, without a transaction around each statement."""
    return {
        "min_size": settings.pool_of_worker,
        "max_size": settings.pool_of_worker,
        "timeout": settings.database_timeout_s,
        "open": False,
        "kwargs": {
            "autocommit": True,
            "options": f"-c statement_timeout={settings.database_timeout_s * 1000:.0f}",
        },
    }


@contextmanager
def _repeatable(connection: Connection[Any]) -> Iterator[None]:
    """Have the transactions of the block begin at REPEATABLE READ, which costs no statement of its own."""
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        if not connection.broken:
            connection.isolation_level = None


@asynccontextmanager
async def _repeatable_async(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    try:
        yield
    finally:
        if not connection.broken:
            await connection.set_isolation_level(None)


@contextmanager
def _as_http_errors(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise failures.busy(timeout_s) from error
    except QueryCanceled as error:
        raise failures.too_slow(timeout_s) from error
    except (SerializationFailure, DeadlockDetected) as error:
        raise ConflictError from error
    except OperationalError as error:
        raise failures.unreachable() from error
