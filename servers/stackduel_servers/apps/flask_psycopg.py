"""The endpoints that need a database, in Flask on psycopg's pool."""

from __future__ import annotations

import os

from stackduel_servers.apps.flask_database import create_app
from stackduel_servers.core.database.with_psycopg import PsycopgRepository
from stackduel_servers.core.settings import read_settings

settings = read_settings(os.environ)
app = create_app(settings, PsycopgRepository(settings))
