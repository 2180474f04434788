"""The endpoints that need a database, in Flask on psycopg's pool."""

from __future__ import annotations

import atexit
import os

from flask import Flask, Response, request

from stackduel_servers.apps.flask_shell import create_shell, respond
from stackduel_servers.core.answers import health as health_answer
from stackduel_servers.core.database import blocking, bodies
from stackduel_servers.core.database.repository import Repository
from stackduel_servers.core.database.with_psycopg import PsycopgRepository
from stackduel_servers.core.errors import only_post
from stackduel_servers.core.health import Health
from stackduel_servers.core.settings import Settings, read_settings

NOT_POST = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]


def create_app(settings: Settings, repository: Repository) -> Flask:
    """Return the service; its connections close with the process."""
    app = create_shell()
    health = Health("flask", settings)
    atexit.register(repository.close)

    @app.get("/")
    def index() -> Response:
        return respond(bodies.index())

    @app.get("/health")
    def report_health() -> Response:
        return respond(health_answer(health.report()))

    @app.get("/db")
    def world() -> Response:
        return respond(blocking.world(repository, request.query_string))

    @app.get("/queries")
    def worlds() -> Response:
        return respond(blocking.worlds(repository, request.query_string))

    @app.post("/updates")
    def updates() -> Response:
        return respond(blocking.updates(repository, request.query_string))

    @app.post("/order")
    def order() -> Response:
        return respond(blocking.order(repository, request.query_string))

    @app.route("/order", methods=NOT_POST)
    @app.route("/updates", methods=NOT_POST)
    def refuse_others() -> Response:
        raise only_post()

    @app.get("/search")
    def search() -> Response:
        return respond(blocking.search(repository, request.query_string))

    @app.get("/page")
    def page() -> Response:
        return respond(blocking.page(repository, request.query_string))

    @app.get("/sleep")
    def sleep() -> Response:
        return respond(blocking.sleep(repository, request.query_string))

    return app


settings = read_settings(os.environ)
app = create_app(settings, PsycopgRepository(settings))
