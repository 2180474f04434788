"""The wrong migration: psycopg's pool for threads inside ``async def``, so that each statement stops the event loop."""

from __future__ import annotations

import os

from fastapi import Request, Response

from stackduel_servers.apps.fastapi_database_threads import RouteFunction, create_app
from stackduel_servers.apps.fastapi_shell import respond
from stackduel_servers.core.database.blocking import Asking
from stackduel_servers.core.database.with_psycopg import PsycopgRepository
from stackduel_servers.core.settings import read_settings


def on_the_loop(ask: Asking) -> RouteFunction:
    """Return an endpoint that holds the event loop while the database works."""

    async def endpoint(request: Request) -> Response:
        return respond(ask(request.scope["query_string"]))

    return endpoint


settings = read_settings(os.environ)
app = create_app(settings, PsycopgRepository(settings), on_the_loop)
