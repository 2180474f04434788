"""The Flask service: handlers that hold their thread, downstream calls one after another."""

from __future__ import annotations

import atexit
import os

from flask import Flask, Response, request

from stackduel_servers.apps.flask_shell import create_shell, respond, respond_stream
from stackduel_servers.core import answers, query
from stackduel_servers.core.downstream_blocking import BlockingDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.inference.body import read_wsgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import blocking
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait_blocking


def create_app(settings: Settings, downstream: BlockingDownstream) -> Flask:
    """Return the service; its downstream connections and models open with the first call and close with the process."""
    app = create_shell()
    health = Health("flask", settings)
    inference = BlockingInference(settings)
    atexit.register(downstream.close)
    atexit.register(inference.close)

    @app.get("/")
    def index() -> Response:
        return respond(answers.index())

    @app.get("/health")
    def report_health() -> Response:
        return respond(answers.health(health.report()))

    @app.get("/slow-io")
    def slow_io() -> Response:
        delay_s = query.delay_s(request.query_string)
        wait_blocking(delay_s)
        return respond(answers.slow_io(delay_s))

    @app.get("/benchmark/io-test")
    @app.get("/benchmark/flask-io-test")
    def io_test() -> Response:
        delay_s, concurrent = query.delay_s(request.query_string), query.concurrent(request.query_string)
        succeeded = downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @app.get("/json")
    def items() -> Response:
        return respond(answers.items(query.items(request.query_string)))

    @app.post("/infer/<model>")
    def infer(model: str) -> Response:
        ask = inference.ask(model, request.headers)
        return respond(inference.answer(ask, read_wsgi(request.environ)))

    @app.get("/stream")
    def stream() -> Response:
        return respond_stream(blocking.generated(request.method, request.query_string, PLAIN))

    @app.get("/relay")
    def relay() -> Response:
        return respond_stream(blocking.relayed(downstream, request.method, request.query_string))

    @app.post("/v1/chat/completions")
    def chat() -> Response:
        body = read_wsgi(request.environ)
        return respond_stream(blocking.completed(downstream, request.query_string, request.content_type, body))

    return app


settings = read_settings(os.environ)
app = create_app(settings, BlockingDownstream(settings))
