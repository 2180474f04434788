"""The endpoints that need a database, in FastAPI, on any driver that suspends its task."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.database import asynchronous, bodies
from stackduel_servers.core.database.repository import AsyncRepository
from stackduel_servers.core.errors import only_post
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings

NOT_POST = [*READ, "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]


def create_app(settings: Settings, repository: AsyncRepository) -> FastAPI:
    """Return the service; its connections open and close with its lifespan."""
    health = Health("fastapi", settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await repository.open()
        try:
            yield
        finally:
            await repository.close()

    app = create_shell(lifespan)

    @app.api_route("/", methods=READ)
    async def index() -> Response:
        return respond(bodies.index())

    @app.api_route("/health", methods=READ)
    async def report_health() -> Response:
        return respond(health_answer(health.report()))

    @app.api_route("/db", methods=READ)
    async def world(request: Request) -> Response:
        return respond(await asynchronous.world(repository, request.scope["query_string"]))

    @app.api_route("/queries", methods=READ)
    async def worlds(request: Request) -> Response:
        return respond(await asynchronous.worlds(repository, request.scope["query_string"]))

    @app.post("/updates")
    async def updates(request: Request) -> Response:
        return respond(await asynchronous.updates(repository, request.scope["query_string"]))

    @app.post("/order")
    async def order(request: Request) -> Response:
        return respond(await asynchronous.order(repository, request.scope["query_string"]))

    @app.api_route("/order", methods=NOT_POST)
    @app.api_route("/updates", methods=NOT_POST)
    async def refuse_others() -> Response:
        raise only_post()

    @app.api_route("/search", methods=READ)
    async def search(request: Request) -> Response:
        return respond(await asynchronous.search(repository, request.scope["query_string"]))

    @app.api_route("/page", methods=READ)
    async def page(request: Request) -> Response:
        return respond(await asynchronous.page(repository, request.scope["query_string"]))

    @app.api_route("/sleep", methods=READ)
    async def sleep(request: Request) -> Response:
        return respond(await asynchronous.sleep(repository, request.scope["query_string"]))

    return app
