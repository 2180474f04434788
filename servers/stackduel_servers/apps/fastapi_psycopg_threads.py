"""The endpoints that need a database, in FastAPI as plain ``def`` on psycopg's pool for threads."""

from __future__ import annotations

import os

from stackduel_servers.apps.fastapi_database_threads import create_app
from stackduel_servers.core.database.with_psycopg import PsycopgRepository
from stackduel_servers.core.settings import read_settings

settings = read_settings(os.environ)
app = create_app(settings, PsycopgRepository(settings))
