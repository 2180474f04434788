"""The music service in Flask."""

from __future__ import annotations

import os

from flask import Flask, Response, request

from stackduel_servers.apps.flask_shell import create_shell, respond
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.music import answers


def create_app(settings: Settings) -> Flask:
    """Return the service."""
    app = create_shell()
    health = Health("flask", settings)

    @app.get("/")
    def index() -> Response:
        return respond(answers.index())

    @app.get("/health")
    def report_health() -> Response:
        return respond(health_answer(health.report()))

    @app.get("/exercise")
    def exercise() -> Response:
        return respond(answers.exercise(request.query_string))

    @app.get("/exercise/random")
    def random_exercise() -> Response:
        return respond(answers.random_exercise(request.query_string))

    @app.get("/note-game")
    def note_game() -> Response:
        return respond(answers.note_game(request.query_string))

    return app


app = create_app(read_settings(os.environ))
