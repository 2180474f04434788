"""Stacks without a pool and without prepared statements, on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from stackduel.launch.postgres.database import Database
from stackduel.verify.contract.database_cases import DATABASE_CASES
from tests.contract.database.conftest import NAMES
from tests.contract.served import all_served
from tests.contract.test_cases import ask_all
from tests.postgres import ask as ask_database
from tests.until import until

PLAIN = {"DATABASE_CLIENT": "per-request", "DATABASE_PREPARED": "off"}


def test_without_a_pool_no_connection_is_left(database: Database, tmp_path: Path) -> None:
    """Every stack gives the same answers, and once it has given them all its connections are closed."""
    environ = {"DATABASE_URL": f"{database.place.url}?application_name=unpooled", **PLAIN}
    with all_served(NAMES, tmp_path, environ) as servers:
        for served in servers.values():
            assert not {case: wrong for case, wrong in ask_all(served, DATABASE_CASES).items() if wrong}
        counted = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'unpooled'"
        assert until(lambda: ask_database(database, counted) == "0")
