"""Ending the connections of the database, and asking a stack to write."""

from __future__ import annotations

from stackduel.launch.postgres.database import Database
from tests.contract.served import Served
from tests.contract.wire import WireAnswer, connected
from tests.postgres import ask


def posted(stack: Served, target: str) -> WireAnswer:
    """The answer to a POST without a body."""
    with connected(stack.port) as wire:
        wire.send(f"POST {target} HTTP/1.1\r\nHost: stackduel.test\r\nContent-Length: 0\r\n\r\n".encode())
        return wire.answer()


def end_backends(database: Database) -> None:
    """End every connection of the stacks."""
    others = "datname = 'stackduel' AND pid <> pg_backend_pid()"
    ask(database, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}")
