"""The endpoints that need a database, in FastAPI on SQLAlchemy's async ORM."""

from __future__ import annotations

import os

from stackduel_servers.apps.fastapi_database import create_app
from stackduel_servers.core.database.with_sqlalchemy import AsyncSqlalchemyRepository
from stackduel_servers.core.settings import read_settings

settings = read_settings(os.environ)
app = create_app(settings, AsyncSqlalchemyRepository(settings, maps_objects=True))
