"""The music service in FastAPI: work that computes is in plain ``def`` endpoints, as FastAPI's documentation says."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.music import answers


def create_app(settings: Settings) -> FastAPI:
    """Return the service."""
    health = Health("fastapi", settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if settings.threads:
            current_default_thread_limiter().total_tokens = settings.threads
        yield

    app = create_shell(lifespan)

    @app.api_route("/", methods=READ)
    def index() -> Response:
        return respond(answers.index())

    @app.api_route("/health", methods=READ)
    def report_health() -> Response:
        return respond(health_answer(health.report()))

    @app.api_route("/exercise", methods=READ)
    def exercise(request: Request) -> Response:
        return respond(answers.exercise(request.scope["query_string"]))

    @app.api_route("/exercise/random", methods=READ)
    def random_exercise(request: Request) -> Response:
        return respond(answers.random_exercise(request.scope["query_string"]))

    @app.api_route("/note-game", methods=READ)
    def note_game(request: Request) -> Response:
        return respond(answers.note_game(request.scope["query_string"]))

    return app


app = create_app(read_settings(os.environ))
