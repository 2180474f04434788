"""Django's connection of a thread, which goes back to psycopg's pool as soon as an endpoint has what it asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, InterfaceError, OperationalError, connection, transaction
from psycopg_pool import PoolTimeout

from stackduel_servers.apps.django_statements import ORM
from stackduel_servers.core.database import failures
from stackduel_servers.core.database.failures import ConflictError
from stackduel_servers.core.database.statements import Row, Statement
from stackduel_servers.core.settings import Settings

CANCELED, CONFLICTS = "57014", frozenset({"40001", "40P01"})


class DjangoSession:
    """The connection of this thread."""

    def rows(self, statement: Statement, *values: object) -> list[Row]:
        """Run a statement that has rows, and return them."""
        rows: list[Row] = ORM[statement](*values)
        return rows

    def run(self, statement: Statement, *values: object) -> None:
        """Run a statement that has none."""
        ORM[statement](*values)


class DjangoRepository:
    """The connections of one process, as Django keeps them."""

    def __init__(self, settings: Settings) -> None:
        self.timeout_s = settings.database_timeout_s

    @contextmanager
    def session(self) -> Iterator[DjangoSession]:
        """Hold a connection, on which each statement stands for itself; raises HttpError 503 or 504."""
        try:
            yield DjangoSession()
        except (OperationalError, InterfaceError) as error:
            raise _seen(error, self.timeout_s) from error
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[DjangoSession]:
        """Hold a connection, whose statements are kept together, or none of them; raises HttpError 503 or 504."""
        with self.session() as session, transaction.atomic():
            yield session

    @contextmanager
    def isolated(self) -> Iterator[DjangoSession]:
        """Hold a connection in a transaction that sees the rows as they were; raises ConflictError, and HttpError."""
        with self.transaction() as session:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield session

    def close(self) -> None:
        """Close all connections."""
        connection.close_pool()


def _seen(error: Error, timeout_s: float) -> Exception:
    """Return what the endpoints know of an error that Django has wrapped."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if isinstance(cause, PoolTimeout):
        return failures.busy(timeout_s)
    if state == CANCELED:
        return failures.too_slow(timeout_s)
    return ConflictError() if state in CONFLICTS else failures.unreachable()
