"""SQLAlchemy 2 with its pool over psycopg 3, its Core and its ORM, for both kinds of code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from stackduel_servers.core.database import failures
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.sqlalchemy_core import CORE, StatementTable
from stackduel_servers.core.database.sqlalchemy_orm import ORM
from stackduel_servers.core.database.statements import Row, Statement
from stackduel_servers.core.settings import Settings

# psycopg's default.
PREPARED_AFTER = 5
CANCELED, CONFLICTS = "57014", frozenset({"40001", "40P01"})
AUTOCOMMIT, DEFAULT, REPEATABLE = "AUTOCOMMIT", "READ COMMITTED", "REPEATABLE READ"
LEVELS = (AUTOCOMMIT, DEFAULT, REPEATABLE)


class SqlalchemySession:
    """A connection, or the ORM's session on one, for code that holds its thread."""

    def __init__(self, runner: Connection | Session, layer: StatementTable) -> None:
        self._runner = runner
        self._layer = layer

    def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        return list(self._layer[statement](self._runner, *values))

    def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        self._layer[statement](self._runner, *values)


class SqlalchemyRepository:
    """An engine of one process; it connects as requests come, so that forked workers share no connection."""

    def __init__(self, settings: Settings, *, maps_objects: bool) -> None:
        self.timeout_s = settings.database_timeout_s
        self._engine = create_engine(_url(settings), **_options(settings))
        # They share its pool.
        self._engines = {level: self._engine.execution_options(isolation_level=level) for level in LEVELS}
        self._layer = ORM if maps_objects else CORE
        self._opened: Callable[[Engine], Any] = Session if maps_objects else Engine.connect

    @contextmanager
    def session(self) -> Iterator[SqlalchemySession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        with self._begun(AUTOCOMMIT) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[SqlalchemySession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        with self._begun(DEFAULT) as session:
            yield session

    @contextmanager
    def isolated(self) -> Iterator[SqlalchemySession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        with self._begun(REPEATABLE) as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _begun(self, level: str) -> Iterator[SqlalchemySession]:
        with _as_http_errors(self.timeout_s), self._opened(self._engines[level]) as runner, runner.begin():
            yield SqlalchemySession(runner, self._layer)


class AsyncSqlalchemySession:
    """A connection, or the ORM's session on one, for code that suspends its task."""

    def __init__(self, runner: AsyncConnection | AsyncSession, layer: StatementTable) -> None:
        self._runner = runner
        self._layer = layer

    async def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        return list(await self._runner.run_sync(self._layer[statement], *values))

    async def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        await self._runner.run_sync(self._layer[statement], *values)


class AsyncSqlalchemyRepository:
    """An engine of one process and its event loop."""

    def __init__(self, settings: Settings, *, maps_objects: bool) -> None:
        self.timeout_s = settings.database_timeout_s
        self._engine = create_async_engine(_url(settings), **_options(settings))
        # They share its pool.
        self._engines = {level: self._engine.execution_options(isolation_level=level) for level in LEVELS}
        self._layer = ORM if maps_objects else CORE
        self._opened: Callable[[AsyncEngine], Any] = AsyncSession if maps_objects else AsyncEngine.connect

    async def open(self) -> None:
        """Do nothing: it connects as requests come."""

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSqlalchemySession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        async with self._begun(AUTOCOMMIT) as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSqlalchemySession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        async with self._begun(DEFAULT) as session:
            yield session

    @asynccontextmanager
    async def isolated(self) -> AsyncIterator[AsyncSqlalchemySession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        async with self._begun(REPEATABLE) as session:
            yield session

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _begun(self, level: str) -> AsyncIterator[AsyncSqlalchemySession]:
        with _as_http_errors(self.timeout_s):
            async with self._opened(self._engines[level]) as runner, runner.begin():
                yield AsyncSqlalchemySession(runner, self._layer)


def _url(settings: Settings) -> str:
    """Return the database's URL, which for SQLAlchemy names the driver too."""
    return settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)


def _options(settings: Settings) -> dict[str, Any]:
    """Return the options of an engine: a pool of a fixed size, or none."""
    timeout_s = settings.database_timeout_s
    connection = {
        "options": f"-c statement_timeout={timeout_s * 1000:.0f}",
        "prepare_threshold": PREPARED_AFTER if settings.prepares_statements else None,
    }
    if not settings.pools_database:
        return {"poolclass": NullPool, "connect_args": connection}
    pool = {"pool_size": settings.pool_of_worker, "max_overflow": 0, "pool_timeout": timeout_s}
    return {**pool, "connect_args": connection}


@contextmanager
def _as_http_errors(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except exc.TimeoutError as error:
        raise failures.busy(timeout_s) from error
    except (exc.OperationalError, exc.InterfaceError) as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == CANCELED:
            raise failures.too_slow(timeout_s) from error
        if state in CONFLICTS:
            raise ConflictError from error
        raise failures.unreachable() from error
