"""asyncpg with its pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from stackduel_servers.core.database import failures
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.statements import Row, Statement
from stackduel_servers.core.settings import Settings

# A connection that is lost, or a server that ends.
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
)


class AsyncpgSession:
    """A connection of the pool."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        return list(await self.connection.fetch(statement.text, *values))

    async def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        await self.connection.execute(statement.text, *values)


class AsyncpgRepository:
    """A pool of one process and its event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.timeout_s = settings.database_timeout_s
        self._pool: Any = None

    async def open(self) -> None:
        """Prepare the pool, which connects as requests come."""
        self._pool = await asyncpg.create_pool(
            self._settings.database_url,
            min_size=0,
            max_size=self._settings.pool_of_worker,
            max_inactive_connection_lifetime=0,
            server_settings={"statement_timeout": f"{self.timeout_s * 1000:.0f}"},
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncpgSession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        connection = await self._acquired()
        try:
            yield AsyncpgSession(connection)
        except asyncpg.QueryCanceledError as error:
            raise failures.too_slow(self.timeout_s) from error
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
            raise ConflictError from error
        except LOST as error:
            # One that was told its end may not be closed yet, and the pool would try to clean it; a closed one has
            # left the pool.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
            raise failures.unreachable() from error
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncpgSession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        async with self.session() as session, session.connection.transaction():
            yield session

    @asynccontextmanager
    async def isolated(self) -> AsyncIterator[AsyncpgSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        async with self.session() as session, session.connection.transaction(isolation="repeatable_read"):
            yield session

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def _acquired(self) -> Any:
        try:
            return await self._pool.acquire(timeout=self.timeout_s)
        except TimeoutError as error:
            raise failures.busy(self.timeout_s) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise failures.unreachable() from error

    async def _release(self, connection: Any) -> None:
        try:
            await self._pool.release(connection)
        except LOST as error:
            raise failures.unreachable() from error
