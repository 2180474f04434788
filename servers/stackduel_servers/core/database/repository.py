"""The needs of the endpoints from a driver: a connection of its pool, and statements on it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from stackduel_servers.core.database.statements import Row, Statement


class DatabaseSession(Protocol):
    """A connection that is held for one request."""

    def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""

    def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""


class Repository(Protocol):
    """The connections of one process, for code that holds its thread; each method raises HttpError 503 or 504."""

    @property
    def timeout_s(self) -> float:
        """Return how long a request waits for a connection, for a statement, and for an order to be taken."""

    def session(self) -> AbstractContextManager[DatabaseSession]:
        """Hold a connection, on which each statement stands for itself."""

    def transaction(self) -> AbstractContextManager[DatabaseSession]:
        """Hold a connection, whose statements are kept together, or none of them."""

    def isolated(self) -> AbstractContextManager[DatabaseSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError if they changed."""

    def close(self) -> None:
        """Close all connections."""


class AsyncDatabaseSession(Protocol):
    """A connection that is held for one request."""

    async def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""

    async def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""


class AsyncRepository(Protocol):
    """The connections of one process, for code that suspends its task; each method raises HttpError 503 or 504."""

    @property
    def timeout_s(self) -> float:
        """Return how long a request waits for a connection, for a statement, and for an order to be taken."""

    async def open(self) -> None:
        """Prepare the pool; no database has to be there yet."""

    def session(self) -> AbstractAsyncContextManager[AsyncDatabaseSession]:
        """Hold a connection, on which each statement stands for itself."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncDatabaseSession]:
        """Hold a connection, whose statements are kept together, or none of them."""

    def isolated(self) -> AbstractAsyncContextManager[AsyncDatabaseSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError if they changed."""

    async def close(self) -> None:
        """Close all connections."""
