"""The endpoints that need a database, in FastAPI, on any driver that holds its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response

from stackduel_servers.apps.fastapi_database import NOT_POST
from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.core.answers import Answer
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.database import blocking, bodies
from stackduel_servers.core.database.blocking import Asking
from stackduel_servers.core.database.repository import Repository
from stackduel_servers.core.errors import only_post
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings

RouteFunction = Callable[..., Any]


def on_a_thread(ask: Asking) -> RouteFunction:
    """Return an endpoint that Starlette runs on a thread of its pool."""

    def endpoint(request: Request) -> Response:
        return respond(ask(request.scope["query_string"]))

    return endpoint


def create_app(
    settings: Settings, repository: Repository, endpoint: Callable[[Asking], RouteFunction] = on_a_thread
) -> FastAPI:
    """Return the service, whose endpoints ``endpoint`` makes; its connections close with its lifespan."""
    health = Health("fastapi", settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if settings.threads:
            current_default_thread_limiter().total_tokens = settings.threads
        try:
            yield
        finally:
            repository.close()

    app = create_shell(lifespan)
    gets: dict[str, Asking] = {
        "/": lambda _: bodies.index(),
        "/health": lambda _: health_answer(health.report()),
        **{path: partial(answer, repository) for path, answer in blocking.READS.items()},
    }
    for path, ask in gets.items():
        app.add_api_route(path, endpoint(ask), methods=READ, response_model=None)
    for path, answer in blocking.WRITES.items():
        app.add_api_route(path, endpoint(partial(answer, repository)), methods=["POST"], response_model=None)
        app.add_api_route(path, endpoint(_refuse), methods=NOT_POST, response_model=None)
    return app


def _refuse(_query: bytes) -> Answer:
    raise only_post()
