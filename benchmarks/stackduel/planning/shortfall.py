"""Why a stack cannot run on this machine."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec

from stackduel.model.errors import FieldError
from stackduel.model.stack import Registered, Stack
from stackduel.planning.postgres_installation import INSTALL, postgres_server
from stackduel_servers.supported import PYTHON_SERVERS, WEB_FRAMEWORKS
from stackduel_servers.triton.installation import TritonError, locate

# What a worker class of a server needs beside it.
WORKER_PACKAGES = {"gevent": "gevent", "uvicorn": "uvicorn_worker"}
# What an application needs beside its framework.
APP_PACKAGES = {
    "stackduel_servers.apps.django_app:app": "rest_framework",
    "stackduel_servers.apps.fastapi_sse:app": "sse_starlette",
    "stackduel_servers.apps.flask_psycopg:app": "psycopg_pool",
    "stackduel_servers.apps.flask_psycopg2:app": "psycopg2",
    "stackduel_servers.apps.flask_core:app": "sqlalchemy",
    "stackduel_servers.apps.flask_orm:app": "sqlalchemy",
    "stackduel_servers.apps.fastapi_psycopg:app": "psycopg_pool",
    "stackduel_servers.apps.fastapi_psycopg_threads:app": "psycopg_pool",
    "stackduel_servers.apps.fastapi_psycopg_blocking:app": "psycopg_pool",
    "stackduel_servers.apps.fastapi_asyncpg:app": "asyncpg",
    "stackduel_servers.apps.fastapi_core:app": "sqlalchemy",
    "stackduel_servers.apps.fastapi_orm:app": "sqlalchemy",
    "stackduel_servers.apps.django_database:app": "psycopg_pool",
    "stackduel_servers.apps.django_database_async:app": "psycopg_pool",
}
# The library of the music service, which no other stack needs.
MUSIC = "pymusicxml"
# The drivers of the stacks that need a database.
DRIVERS = frozenset({"psycopg_pool", "psycopg2", "asyncpg", "sqlalchemy"})


def refuse_without_packages(stacks: Iterable[Stack], is_installed: Callable[[str], bool] | None = None) -> None:
    """Raise FieldError if a stack of the registry needs a package that this Python lacks, with the line to type.

    What another interpreter has is not asked here.
    """
    is_installed = is_installed or (lambda name: find_spec(name) is not None)
    here = (stack for stack in stacks if not stack.interpreter)
    lacking = [(stack.name, name) for stack in here for name in packages_of(stack) if not is_installed(name)]
    if lacking:
        extras = extras_for(package for _, package in lacking)
        names, packages = (", ".join(dict.fromkeys(each)) for each in zip(*lacking, strict=True))
        raise FieldError(
            f"--launcher local: {names} cannot run here without {packages}; install all servers with: "
            f"{shlex.join((sys.executable, '-m', 'pip', 'install', f'stackduel[{extras}]'))}"
        )


def extras_for(packages: Iterable[str]) -> str:
    """Return the extras of stackduel that install these packages."""
    wanted = {*packages}
    music = ("service",) if MUSIC in wanted else ()
    database = ("database",) if DRIVERS & wanted else ()
    return ",".join(("servers", *music, *database))


def packages_of(stack: Stack) -> tuple[str, ...]:
    """Return the packages that run a stack as a local process: its framework, its server, its kind of worker, more."""
    if not isinstance(stack.source, Registered):
        return ()
    entry = stack.source.entry
    needed = [name for name in (entry.framework, entry.server) if name in {*WEB_FRAMEWORKS, *PYTHON_SERVERS}]
    if entry.worker_class in WORKER_PACKAGES:
        needed.append(WORKER_PACKAGES[entry.worker_class])
    if entry.app in APP_PACKAGES:
        needed.append(APP_PACKAGES[entry.app])
    return (*needed, MUSIC) if entry.contract == "music" else (*needed,)


def shortfall(stack: Stack) -> str | None:
    """Return why a stack of the registry cannot run as a local process here; None if it can."""
    if not isinstance(stack.source, Registered):
        return None
    entry = stack.source.entry
    if sys.platform not in entry.platforms:
        return f"{stack.name} does not run on {sys.platform}"
    if "triton" in {entry.framework, entry.companion}:
        try:
            locate(os.environ)
        except TritonError as error:
            return f"{stack.name}: {error}"
    if entry.contract == "database":
        return _without_database(stack)
    return None


def _without_database(stack: Stack) -> str | None:
    """Return what a stack that needs a database lacks here: PostgreSQL, or its driver."""
    if postgres_server() is None:
        return f"{stack.name}: PostgreSQL is not installed: {INSTALL}"
    missing = [name for name in packages_of(stack) if name in DRIVERS and find_spec(name) is None]
    return f"{stack.name}: {', '.join(missing)} is not installed; stackduel[database] has it" if missing else None
