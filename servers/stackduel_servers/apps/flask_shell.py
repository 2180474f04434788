"""The parts that all Flask services share: an application without extras, the core's errors, the core's edge."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from stackduel_servers.core import answers, errors
from stackduel_servers.core.streams.stream import BlockingStream
from stackduel_servers.core.streams.wire import CONTENT_TYPE
from stackduel_servers.core.wsgi import WsgiEdge


def create_shell() -> Flask:
    """Return an application without endpoints, which answers 404, 405 and errors in the core's words."""
    app = Flask("stackduel", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.wsgi_app = WsgiEdge(app.wsgi_app)  # type: ignore[method-assign]

    @app.errorhandler(errors.HttpError)
    def failed(error: errors.HttpError) -> Response:
        return respond(answers.failure(error))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return respond(answers.failure(errors.of_status(error.code or 500)))

    return app


def respond(answer: answers.Answer) -> Response:
    """Return the core's answer as a Flask response."""
    return Response(answer.body, answer.status, answer.headers, content_type=answer.content_type)


def respond_stream(stream: BlockingStream[bytes]) -> Response:
    """Return a stream as a Flask response."""
    return Response(stream.events, headers=stream.fields, content_type=CONTENT_TYPE)
