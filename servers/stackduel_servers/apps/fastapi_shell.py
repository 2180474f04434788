"""The parts that all FastAPI services share: an application without extras, the core's errors, the core's edge.

The middleware of the switches is the environment's, the same for every service.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from stackduel_servers.apps.marking import MARKINGS
from stackduel_servers.core import answers, errors
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.settings import read_settings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

READ = ["GET", "HEAD"]
# No other stack looks for an OpenTelemetry provider on each request.
NO_TELEMETRY = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


def create_shell(lifespan: Lifespan) -> FastAPI:
    """Return an application without endpoints, which answers 404, 405 and errors in the core's words."""
    app = FastAPI(openapi_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY, lifespan=lifespan)
    if marking := MARKINGS.get(read_settings(os.environ).middleware):
        app.add_middleware(marking)
    app.add_middleware(AsgiEdge)  # the last one is the outermost

    @app.exception_handler(errors.HttpError)
    async def failed(_: Request, error: errors.HttpError) -> Response:
        return respond(answers.failure(error))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return respond(answers.failure(errors.of_status(error.status_code)))

    return app


def respond(answer: answers.Answer) -> Response:
    """Return the core's answer as a FastAPI response."""
    return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.content_type)
