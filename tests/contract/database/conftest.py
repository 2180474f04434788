"""Every stack with the endpoints that need a database, really served beside a real PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

import pytest

from stackduel.launch.postgres.database import Database
from stackduel_servers.registry import load_registry
from tests.conftest import unavailable
from tests.contract.database.bounds import POOL, TIMEOUT_S
from tests.contract.served import Served, all_served
from tests.contract.wire import ask
from tests.postgres import database_launcher, opened
from tests.until import until

NAMES = [
    entry.name
    for entry in load_registry().entries.values()
    if entry.contract == "database" and sys.platform in entry.platforms
]


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A PostgreSQL, filled once."""
    missing = [name for name in ("psycopg_pool", "asyncpg") if find_spec(name) is None]
    if missing:
        unavailable("postgres", f"not installed: {', '.join(missing)}; pip install -e '.[database]'")
    with database_launcher(tmp_path_factory.mktemp("logs")) as launcher:
        opened(launcher).seed()
        yield opened(launcher)


@pytest.fixture(scope="session")
def fleet(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Served]]:
    """Every stack with these endpoints, started at once."""
    environ = {
        "DATABASE_URL": database.place.url,
        "DATABASE_POOL": str(POOL),
        "DATABASE_TIMEOUT_S": str(TIMEOUT_S),
    }
    with all_served(NAMES, tmp_path_factory.mktemp("stacks"), environ) as servers:
        yield servers


@pytest.fixture(params=NAMES)
def stack(request: pytest.FixtureRequest, fleet: Mapping[str, Served]) -> Served:
    """Each of them in turn, once its pool works: tests before end the connections of every stack."""
    served = fleet[request.param]
    assert until(lambda: all(ask(served.port, "/db").status == 200 for _ in range(2 * POOL)))
    return served
